/*
 *  redact_custom - what people add: their rules, their names, their allow-lists
 */
#include "redact_custom.h"

#include <ctype.h>
#include <errno.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/json.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define WORD_BYTES_MIN 3 /* a shorter part of a name would be found everywhere */

typedef struct {
    char *items[MC_REDACT_CUSTOM_MAX + 1];
    size_t count;
} list_t;

struct mc_redact_custom {
    list_t rule_ids;
    list_t patterns;
    list_t names;      /* as words */
    list_t name_parts; /* what the filter looks for */
    list_t allowed_rules;
    list_t allowed_names;
    list_t allowed_values;
    hs_database_t *database;
    hs_scratch_t *scratch;
};

static int
add(list_t *list, const char *file, const char *what, mc_text_t text)
{
    if (text.size == 0 || memchr(text.data, '\0', text.size))
        return mc_fail("%s: an entry of %s is empty", file, what);
    if (list->count == MC_REDACT_CUSTOM_MAX)
        return mc_fail("%s: more than %d %s", file, MC_REDACT_CUSTOM_MAX, what);
    list->items[list->count] = strndup(text.data, text.size);
    if (!list->items[list->count++])
        mc_fatal("out of memory");
    return 0;
}

static bool
has(const list_t *list, mc_text_t text)
{
    for (size_t i = 0; i < list->count; i++)
        if (mc_text_is(text, list->items[i]))
            return true;
    return false;
}

static void
clear(list_t *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
}

/* Reads an array of strings, if there is one of that name. */
static int
read_strings(mc_json_t object, const char *file, const char *name, list_t *list)
{
    mc_json_t array, item;
    mc_text_t key;
    if (!mc_json_find(object, name, &array))
        return 0;
    if (mc_json_kind(array) != MC_JSON_ARRAY)
        return mc_fail("%s: %s is not an array", file, name);
    mc_json_iter_t iter = mc_json_iter(array);
    while (mc_json_next(&iter, &key, &item)) {
        if (mc_json_kind(item) != MC_JSON_STRING)
            return mc_fail("%s: an entry of %s is not a string", file, name);
        if (add(list, file, name, mc_json_text(item)) == -1)
            return -1;
    }
    return 0;
}

static bool
is_rule_id(mc_text_t id)
{
    for (size_t i = 0; i < id.size; i++)
        if (!isalnum((unsigned char)id.data[i]) && !strchr("_-", id.data[i]))
            return false;
    return id.size > 0 && id.size <= 64;
}

static int
read_rule(mc_redact_custom_t *self, const char *file, mc_json_t rule)
{
    mc_json_t id, pattern;
    if (mc_json_kind(rule) != MC_JSON_OBJECT || !mc_json_find(rule, "id", &id) ||
        !mc_json_find(rule, "pattern", &pattern) || mc_json_kind(id) != MC_JSON_STRING ||
        mc_json_kind(pattern) != MC_JSON_STRING)
        return mc_fail("%s: a rule needs the texts id and pattern", file);
    if (!is_rule_id(mc_json_text(id)))
        return mc_fail("%s: the id %.*s is not made of letters, digits, _ and -", file,
                       MC_FMT(mc_json_text(id)));
    if (add(&self->rule_ids, file, "rules", mc_json_text(id)) == -1)
        return -1;
    return add(&self->patterns, file, "rules", mc_json_text(pattern));
}

static int
read_rules(mc_redact_custom_t *self, const char *file, mc_json_t root)
{
    mc_json_t rules, rule;
    mc_text_t key;
    if (!mc_json_find(root, "rules", &rules))
        return 0;
    if (mc_json_kind(rules) != MC_JSON_ARRAY)
        return mc_fail("%s: rules is not an array", file);
    mc_json_iter_t iter = mc_json_iter(rules);
    while (mc_json_next(&iter, &key, &rule))
        if (read_rule(self, file, rule) == -1)
            return -1;
    return 0;
}

/* Names are kept as their words; the longest word is what the filter looks for. */
static int
fold_names(const char *file, list_t *list, list_t *parts)
{
    for (size_t i = 0; i < list->count; i++) {
        char words[MC_REDACT_NAME_BYTES_MAX * 2], *own = list->items[i];
        size_t size = mc_redact_name_words(mc_text(own), words), best = 0, best_size = 0;
        for (size_t at = 1, end; at < size; at = end + 1) {
            end = at;
            while (words[end] != ' ')
                end++;
            if (end - at > best_size) {
                best = at;
                best_size = end - at;
            }
        }
        if (best_size < WORD_BYTES_MIN)
            return mc_fail("%s: the name %s has no word of %d letters", file, own, WORD_BYTES_MIN);
        if (parts && add(parts, file, "names", (mc_text_t){words + best, best_size}) == -1)
            return -1;
        list->items[i] = strndup(words, size);
        free(own);
    }
    return 0;
}

static int
compile(mc_redact_custom_t *self, const char *file)
{
    unsigned flags[MC_REDACT_CUSTOM_MAX], ids[MC_REDACT_CUSTOM_MAX];
    if (self->patterns.count == 0)
        return 0;
    for (unsigned i = 0; i < self->patterns.count; i++) {
        flags[i] = HS_FLAG_SOM_LEFTMOST | HS_FLAG_DOTALL;
        ids[i] = i;
    }
    hs_compile_error_t *error = NULL;
    hs_error_t result = hs_compile_multi((const char *const *)self->patterns.items, flags, ids,
                                         (unsigned)self->patterns.count, HS_MODE_BLOCK, NULL,
                                         &self->database, &error);
    if (result != HS_SUCCESS) {
        int bad = error ? error->expression : -1;
        mc_fail("%s: the pattern of rule %s: %s", file, bad < 0 ? "?" : self->rule_ids.items[bad],
                error ? error->message : "no reason");
        hs_free_compile_error(error);
        return -1;
    }
    return hs_alloc_scratch(self->database, &self->scratch) == HS_SUCCESS
               ? 0
               : mc_fail("%s: no memory to run its rules", file);
}

static int
read_lists(mc_redact_custom_t *self, const char *file, mc_json_t root)
{
    mc_json_t allow;
    if (mc_json_kind(root) != MC_JSON_OBJECT)
        return mc_fail("%s: not an object", file);
    if (read_rules(self, file, root) == -1 || read_strings(root, file, "names", &self->names) == -1)
        return -1;
    if (mc_json_find(root, "allow", &allow)) {
        if (mc_json_kind(allow) != MC_JSON_OBJECT)
            return mc_fail("%s: allow is not an object", file);
        if (read_strings(allow, file, "rules", &self->allowed_rules) == -1 ||
            read_strings(allow, file, "names", &self->allowed_names) == -1 ||
            read_strings(allow, file, "values", &self->allowed_values) == -1)
            return -1;
    }
    if (fold_names(file, &self->names, &self->name_parts) == -1 ||
        fold_names(file, &self->allowed_names, NULL) == -1)
        return -1;
    return compile(self, file);
}

static int
read_file(const char *file, mc_buffer_t *ret_content)
{
    FILE *stream = fopen(file, "re");
    if (!stream)
        return mc_fail_errno("%s", file);
    char chunk[4096];
    mc_buffer_init(ret_content, FILE_BYTES_MAX);
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, stream)) > 0;)
        mc_buffer_append(ret_content, chunk, size);
    bool is_broken = ferror(stream);
    fclose(stream);
    if (is_broken)
        return mc_fail("%s cannot be read", file);
    return ret_content->is_full ? mc_fail("%s is over %zu bytes", file, FILE_BYTES_MAX) : 0;
}

static int
load(mc_redact_custom_t *self, const char *file)
{
    mc_buffer_t content = {0};
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    mc_json_t root;
    mc_refusal_t refusal;
    int result = read_file(file, &content);
    if (result == 0 && mc_json_parse(parser, mc_buffer_content(&content), &root, &refusal) != 0)
        result = mc_fail("%s: %s", file, refusal.message);
    if (result == 0)
        result = read_lists(self, file, root);
    mc_buffer_clear(&content);
    return result;
}

mc_redact_custom_t *
mc_redact_custom_new(const char *file)
{
    mc_redact_custom_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    if (file && *file && load(self, file) == -1) {
        mc_fail_while("reading the redaction rules");
        mc_redact_custom_destroy(&self);
    }
    return self;
}

void
mc_redact_custom_destroy(mc_redact_custom_t **address)
{
    mc_redact_custom_t *self = mc_take(address);
    if (!self)
        return;
    list_t *lists[] = {&self->rule_ids,      &self->patterns,      &self->names,
                       &self->name_parts,    &self->allowed_rules, &self->allowed_names,
                       &self->allowed_values};
    for (size_t i = 0; i < MC_COUNT(lists); i++)
        clear(lists[i]);
    hs_free_scratch(self->scratch);
    hs_free_database(self->database);
    free(self);
}

size_t
mc_redact_custom_rule_count(const mc_redact_custom_t *self)
{
    return self->rule_ids.count;
}

const char *
mc_redact_custom_rule_id(const mc_redact_custom_t *self, size_t index)
{
    assert(index < self->rule_ids.count);
    return self->rule_ids.items[index];
}

const char *const *
mc_redact_custom_names(const mc_redact_custom_t *self)
{
    return (const char *const *)self->name_parts.items;
}

/* Does one of the listed names lie in the words of this one? */
static bool
holds(const list_t *list, mc_text_t words)
{
    for (size_t i = 0; i < list->count; i++)
        if (memmem(words.data, words.size, list->items[i], strlen(list->items[i])))
            return true;
    return false;
}

mc_redact_name_t
mc_redact_custom_name(const mc_redact_custom_t *self, mc_text_t name)
{
    mc_redact_name_t verdict = mc_redact_name(name);
    if (self->names.count == 0 && self->allowed_names.count == 0)
        return verdict;
    char buffer[MC_REDACT_NAME_BYTES_MAX * 2];
    mc_text_t words = {buffer, mc_redact_name_words(name, buffer)};
    if (holds(&self->allowed_names, words))
        return (mc_redact_name_t){MC_REDACT_NOT_SECRET, MC_REDACT_none, true};
    if (holds(&self->names, words))
        return (mc_redact_name_t){MC_REDACT_ALWAYS, MC_REDACT_secret, false};
    return verdict;
}

bool
mc_redact_custom_allows(const mc_redact_custom_t *self, size_t rule, mc_text_t value)
{
    if (self->allowed_values.count == 0 && self->allowed_rules.count == 0)
        return false;
    const char *id = rule < MC_REDACT_BUILT_IN ? mc_redact_rule_id(rule)
                                               : self->rule_ids.items[rule - MC_REDACT_BUILT_IN];
    return has(&self->allowed_rules, mc_text(id)) || has(&self->allowed_values, value);
}

typedef struct {
    mc_redact_custom_fn *found;
    void *arg;
} scan_t;

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    (void)flags;
    scan_t *scan = arg;
    if (from < to)
        scan->found(scan->arg, id, (size_t)from, (size_t)to);
    return 0;
}

int
mc_redact_custom_scan(const mc_redact_custom_t *self, mc_text_t text, mc_redact_custom_fn *found,
                      void *arg)
{
    scan_t scan = {found, arg};
    if (!self->database || text.size == 0)
        return 0;
    hs_error_t result =
        hs_scan(self->database, text.data, (unsigned)text.size, 0, self->scratch, on_match, &scan);
    return result == HS_SUCCESS ? 0 : mc_fail("the rules of the file did not run, code %d", result);
}
