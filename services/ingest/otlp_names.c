/*
 *  otlp_names - the attributes of a span, looked up in the table of dialects
 */
#include "services/ingest/otlp_names.h"

#include <stdlib.h>
#include <strings.h>

typedef enum { FORM_TEXT, FORM_INT, FORM_MONEY, FORM_HEAD, FORM_JSON, FORM_NAME } form_t;
enum { FROM_SPAN = 1, FROM_RESOURCE = 2, FROM_ANY = 3 };

typedef struct {
    const char *key;
    ingest_otlp_fact_t fact;
    int from;
    form_t form;
    const char *member;
} fact_row_t;

typedef struct {
    const char *key;
    const char *value;
    const char *action;
    ingest_otlp_level_t level;
} kind_row_t;

#define FORM_OF_TEXT .form = FORM_TEXT
#define FORM_OF_INT .form = FORM_INT
#define FORM_OF_MONEY .form = FORM_MONEY
#define FORM_OF_HEAD .form = FORM_HEAD
#define FORM_OF_NAME .form = FORM_NAME
#define FORM_OF_JSON(name) .form = FORM_JSON, .member = #name

#define FACT_ROW(name, attribute, where, how)                                                      \
    {.key = (attribute), .fact = OTLP_##name, .from = FROM_##where, FORM_OF_##how},
#define KIND_ROW(attribute, is, means, of_level)                                                   \
    {.key = (attribute), .value = (is), .action = (means), .level = OTLP_##of_level},

static const fact_row_t fact_rows[] = {OTLP_FACTS(FACT_ROW)};
static const kind_row_t kind_rows[] = {OTLP_KINDS(KIND_ROW)};

#define NO_ROW UINT16_MAX

/* One use of an attribute: a fact row, or a kind row when is_kind. */
typedef struct {
    const char *key;
    uint16_t row;
    bool is_kind;
} use_t;

struct ingest_otlp_names {
    use_t uses[MC_COUNT(fact_rows) + MC_COUNT(kind_rows)]; /* by key, then by row */
    size_t count;
};

static int
compare_uses(const void *left, const void *right)
{
    const use_t *one = left, *other = right;
    int order = strcmp(one->key, other->key);
    return order ? order : one->row - other->row;
}

ingest_otlp_names_t *
ingest_otlp_names_new(void)
{
    ingest_otlp_names_t *self = calloc(1, sizeof *self);
    assert(self);
    for (size_t i = 0; i < MC_COUNT(fact_rows); i++)
        self->uses[self->count++] = (use_t){fact_rows[i].key, (uint16_t)i, false};
    for (size_t i = 0; i < MC_COUNT(kind_rows); i++)
        self->uses[self->count++] = (use_t){kind_rows[i].key, (uint16_t)i, true};
    qsort(self->uses, self->count, sizeof *self->uses, compare_uses);
    return self;
}

void
ingest_otlp_names_destroy(ingest_otlp_names_t **address)
{
    free(mc_take(address));
}

ingest_otlp_facts_t
ingest_otlp_facts(const ingest_otlp_names_t *names, mc_arena_t *arena, mc_json_parser_t *parser)
{
    return (ingest_otlp_facts_t){
        .names = names, .arena = arena, .parser = parser, .kind_row = NO_ROW};
}

static int
compare_key(const char *key, mc_text_t name)
{
    int order = strncmp(key, name.data, name.size);
    return order ? order : key[name.size] != '\0';
}

/* The first use of the key, or count. */
static size_t
find_use(const ingest_otlp_names_t *self, mc_text_t name)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_key(self->uses[middle].key, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_empty(const Otlp__AnyValue *value)
{
    return !value || value->value_case == OTLP__ANY_VALUE__VALUE__NOT_SET ||
           (value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE &&
            value->string_value.len == 0);
}

static mc_text_t
string_of(const Otlp__AnyValue *value)
{
    if (value->value_case != OTLP__ANY_VALUE__VALUE_STRING_VALUE)
        return (mc_text_t){NULL, 0};
    return (mc_text_t){(const char *)value->string_value.data, value->string_value.len};
}

static bool
finds_member(const ingest_otlp_facts_t *self, const fact_row_t *row, const Otlp__AnyValue *value)
{
    mc_json_t root, member;
    mc_refusal_t ignored;
    return mc_json_parse(self->parser, string_of(value), &root, &ignored) == 0 &&
           mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, row->member, &member);
}

static void
use_fact(ingest_otlp_facts_t *self, uint16_t index, const Otlp__AnyValue *value, int from)
{
    const fact_row_t *row = &fact_rows[index];
    bool is_better = !self->values[row->fact] || index < self->rows[row->fact];
    if (!(row->from & from))
        return;
    if (!is_better || (row->form == FORM_JSON && !finds_member(self, row, value)))
        return;
    self->values[row->fact] = value;
    self->rows[row->fact] = index;
}

static void
use_kind(ingest_otlp_facts_t *self, uint16_t index, const Otlp__AnyValue *value)
{
    const kind_row_t *row = &kind_rows[index];
    mc_text_t text = string_of(value);
    bool matches = text.size && (!strcmp(row->value, "*") || mc_text_is(text, row->value));
    if (!matches || index >= self->kind_row)
        return;
    self->kind_row = index;
    self->kind_value = text;
}

void
ingest_otlp_facts_add(ingest_otlp_facts_t *self, Otlp__KeyValue **attributes, size_t count,
                      bool is_resource)
{
    int from = is_resource ? FROM_RESOURCE : FROM_SPAN;
    for (size_t i = 0; i < count; i++) {
        mc_text_t name = {(const char *)attributes[i]->key.data, attributes[i]->key.len};
        if (name.size == 0 || is_empty(attributes[i]->value))
            continue;
        for (size_t at = find_use(self->names, name);
             at < self->names->count && !compare_key(self->names->uses[at].key, name); at++) {
            const use_t *use = &self->names->uses[at];
            if (use->is_kind && !is_resource)
                use_kind(self, use->row, attributes[i]->value);
            else if (!use->is_kind)
                use_fact(self, use->row, attributes[i]->value, from);
        }
    }
}

static mc_text_t
print_value(const ingest_otlp_facts_t *self, const Otlp__AnyValue *value)
{
    switch (value->value_case) {
    case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
        return string_of(value);
    case OTLP__ANY_VALUE__VALUE_INT_VALUE:
        return mc_arena_printf(self->arena, "%lld", (long long)value->int_value);
    case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
        return mc_arena_printf(self->arena, "%.17g", value->double_value);
    case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
        return mc_text(value->bool_value ? "true" : "false");
    default:
        return (mc_text_t){NULL, 0};
    }
}

/* The member's value as text, from the JSON that the attribute holds. */
static mc_text_t
member_text(const ingest_otlp_facts_t *self, const fact_row_t *row, const Otlp__AnyValue *value)
{
    mc_json_t root, member;
    mc_refusal_t ignored;
    if (mc_json_parse(self->parser, string_of(value), &root, &ignored) != 0 ||
        mc_json_kind(root) != MC_JSON_OBJECT || !mc_json_find(root, row->member, &member))
        return (mc_text_t){NULL, 0};
    switch (mc_json_kind(member)) {
    case MC_JSON_INTEGER:
    case MC_JSON_UNSIGNED:
    case MC_JSON_DOUBLE:
        return mc_arena_printf(self->arena, "%.17g", mc_json_f64(member));
    case MC_JSON_STRING:
        return mc_arena_text(self->arena, mc_json_text(member));
    default:
        return (mc_text_t){NULL, 0};
    }
}

mc_text_t
ingest_otlp_fact_text(const ingest_otlp_facts_t *self, ingest_otlp_fact_t fact)
{
    const Otlp__AnyValue *value = self->values[fact];
    const fact_row_t *row = &fact_rows[self->rows[fact]];
    if (!value)
        return (mc_text_t){NULL, 0};
    if (row->form == FORM_JSON)
        return member_text(self, row, value);
    if (row->form == FORM_NAME)
        return self->span_name;
    mc_text_t text = print_value(self, value);
    const char *dot =
        row->form == FORM_HEAD && text.size ? memchr(text.data, '.', text.size) : NULL;
    return dot ? (mc_text_t){text.data, (size_t)(dot - text.data)} : text;
}

bool
ingest_otlp_fact_number(const ingest_otlp_facts_t *self, ingest_otlp_fact_t fact,
                        double *ret_number)
{
    mc_text_t text = ingest_otlp_fact_text(self, fact);
    if (text.size == 0 || text.size > 40)
        return false;
    char *end;
    mc_text_t copy = mc_arena_text(self->arena, text);
    double number = strtod(copy.data, &end);
    if (*end || number != number || number > 9e15 || number < -9e15)
        return false;
    *ret_number = number;
    return true;
}

static mc_text_t
lower_case(mc_arena_t *arena, mc_text_t text)
{
    char *lower = mc_arena_alloc(arena, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        lower[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32 : text.data[i]);
    return (mc_text_t){lower, text.size};
}

mc_text_t
ingest_otlp_action(const ingest_otlp_facts_t *self, ingest_otlp_level_t *ret_level)
{
    if (self->kind_row == NO_ROW) {
        *ret_level = OTLP_STEP;
        return MC_TEXT("span");
    }
    const kind_row_t *row = &kind_rows[self->kind_row];
    const char *star = strchr(row->action, '*');
    *ret_level = row->level;
    if (!strcmp(row->action, "tool.call") && self->values[OTLP_skill])
        return MC_TEXT("skill.load");
    if (!star)
        return mc_text(row->action);
    bool is_alone = row->action[1] == '\0';
    mc_text_t value = is_alone ? lower_case(self->arena, self->kind_value) : self->kind_value;
    return mc_arena_printf(self->arena, "%.*s%.*s", (int)(star - row->action), row->action,
                           MC_FMT(value));
}

typedef struct {
    const char *sent;
    const char *stored;
} provider_row_t;

#define PROVIDER_ROW(name) {name, name},
#define ALIAS_ROW(sent, stored) {sent, stored},

static const provider_row_t provider_rows[] = {OTLP_PROVIDERS(PROVIDER_ROW, ALIAS_ROW)};

static const char *
find_provider(mc_text_t sent)
{
    for (size_t i = 0; i < MC_COUNT(provider_rows); i++)
        if (sent.size && strlen(provider_rows[i].sent) == sent.size &&
            !strncasecmp(provider_rows[i].sent, sent.data, sent.size))
            return provider_rows[i].stored;
    return NULL;
}

mc_text_t
ingest_otlp_provider(const ingest_otlp_facts_t *self)
{
    mc_text_t sent = ingest_otlp_fact_text(self, OTLP_provider);
    const char *dot = sent.size ? memchr(sent.data, '.', sent.size) : NULL;
    const char *stored = find_provider(sent);
    if (!stored && dot) /* "anthropic.messages" is an API of anthropic */
        stored = find_provider((mc_text_t){sent.data, (size_t)(dot - sent.data)});
    if (stored || sent.size == 0)
        return mc_text(stored);
    return mc_arena_printf(self->arena, "other:%.*s", MC_FMT(lower_case(self->arena, sent)));
}
