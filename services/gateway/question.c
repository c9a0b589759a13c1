/*
 *  question - SQL with only the conditions that were asked for, always bound
 */
#include "question.h"

#include <sodium.h>
#include <stdlib.h>

typedef struct {
    uint64_t hash;
    size_t size;
    char *sql;
} statement_t;

struct gateway_statements {
    size_t count;
    statement_t rows[GATEWAY_STATEMENTS_MAX];
};

gateway_statements_t *
gateway_statements_new(void)
{
    return calloc(1, sizeof(gateway_statements_t));
}

void
gateway_statements_destroy(gateway_statements_t **address)
{
    gateway_statements_t *self = mc_take(address);
    for (size_t i = 0; self && i < self->count; i++)
        free(self->rows[i].sql);
    free(self);
}

/* FNV-1a: the texts are our own. */
static uint64_t
hash_text(mc_text_t text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * UINT64_C(1099511628211);
    return hash;
}

const char *
gateway_statements_intern(gateway_statements_t *self, mc_text_t sql)
{
    uint64_t hash = hash_text(sql);
    for (size_t i = 0; i < self->count; i++) {
        const statement_t *row = &self->rows[i];
        if (row->hash == hash && mc_text_equals((mc_text_t){row->sql, row->size}, sql))
            return row->sql;
    }
    if (self->count == GATEWAY_STATEMENTS_MAX)
        return NULL;
    statement_t *row = &self->rows[self->count++];
    *row = (statement_t){hash, sql.size, strndup(sql.data, sql.size)};
    return row->sql;
}

void
gateway_question_init(gateway_question_t *self, mc_arena_t *arena)
{
    *self = (gateway_question_t){.params.arena = arena, .arena = arena};
}

void
gateway_question_add(gateway_question_t *self, const char *sql)
{
    mc_buffer_string(&self->sql, sql);
}

/* The fragment with $n for each ?, where n is the parameter added last. */
static void
add_with_last(gateway_question_t *self, const char *sql)
{
    for (const char *mark; (mark = strchr(sql, '?')); sql = mark + 1) {
        mc_buffer_append(&self->sql, sql, (size_t)(mark - sql));
        mc_buffer_printf(&self->sql, "$%zu", self->params.count);
    }
    mc_buffer_string(&self->sql, sql);
}

void
gateway_question_i64(gateway_question_t *self, const char *sql, int64_t value)
{
    mc_store_param_i64(&self->params, value);
    add_with_last(self, sql);
}

void
gateway_question_text(gateway_question_t *self, const char *sql, mc_text_t value)
{
    mc_store_param_text(&self->params, value);
    add_with_last(self, sql);
}

void
gateway_question_texts(gateway_question_t *self, const char *sql, const mc_text_t *values,
                       size_t count)
{
    mc_store_param_texts(&self->params, values, count);
    add_with_last(self, sql);
}

void
gateway_question_i64s(gateway_question_t *self, const char *sql, const int64_t *values,
                      size_t count)
{
    mc_store_param_i64s(&self->params, values, count);
    add_with_last(self, sql);
}

void
gateway_question_time(gateway_question_t *self, const char *sql, int64_t time_us)
{
    mc_store_param_time(&self->params, time_us);
    add_with_last(self, sql);
}

mc_text_t
gateway_like_pattern(mc_text_t text, mc_arena_t *arena)
{
    char *pattern = mc_arena_alloc(arena, 2 * text.size + 3);
    size_t size = 0;
    pattern[size++] = '%';
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '%' || text.data[i] == '_' || text.data[i] == '\\')
            pattern[size++] = '\\';
        pattern[size++] = text.data[i];
    }
    pattern[size++] = '%';
    return (mc_text_t){pattern, size};
}

static mc_text_t
without_spaces(mc_text_t text, mc_arena_t *arena)
{
    char *words = mc_arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != ' ')
            words[size++] = text.data[i];
    return (mc_text_t){words, size};
}

static void
add_value(gateway_question_t *self, const gateway_filter_t *filter, const mc_field_t *field,
          const void *record)
{
    const mc_text_t *text = mc_record_member(record, field);
    switch (filter->manner) {
    case GATEWAY_FILTER_EQUALS:
        mc_store_param_field(&self->params, field, record);
        break;
    case GATEWAY_FILTER_WORDS:
        mc_store_param_text(&self->params, without_spaces(*text, self->arena));
        break;
    case GATEWAY_FILTER_CONTAINS:
        mc_store_param_text(&self->params, gateway_like_pattern(*text, self->arena));
        break;
    }
}

void
gateway_question_filter(gateway_question_t *self, const mc_shape_t *shape, const void *record,
                        const gateway_filter_t *filters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!mc_record_has(record, filters[i].field))
            continue;
        add_value(self, &filters[i], &shape->fields[filters[i].field], record);
        mc_buffer_string(&self->sql, " AND ");
        add_with_last(self, filters[i].condition);
    }
}

static bool
is_shown(const mc_field_t *field)
{
    return field->rule != MC_INTERNAL && field->rule != MC_INBOUND && field->rule != MC_SECRET;
}

void
gateway_question_columns(gateway_question_t *self, const mc_shape_t *shape, const char *prefix,
                         const char *skip)
{
    const char *separator = "";
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        if (!is_shown(field) || (skip && !strcmp(skip, field->name)))
            continue;
        mc_buffer_printf(&self->sql, "%s%s%s", separator, prefix, field->name);
        separator = ", ";
    }
}

void
gateway_question_ask(gateway_question_t *self, gateway_t *gateway, mc_store_answer_fn *answer,
                     void *arg)
{
    assert(!self->sql.is_full);
    const char *sql = gateway_statements_intern(gateway->statements, mc_buffer_content(&self->sql));
    if (sql) {
        mc_store_ask(gateway->store, sql, &self->params, answer, arg);
    } else {
        mc_buffer_byte(&self->sql, '\0');
        mc_store_ask_once(gateway->store, self->sql.data, &self->params, answer, arg);
    }
    mc_buffer_clear(&self->sql);
}
