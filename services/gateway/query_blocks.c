/*
 *  query_blocks - questions about the blocks of ids that can have what is searched
 */
#include "query_blocks.h"

#include "common/event_blocks.h"

/* Statuses that a query names; one with more is not narrowed by them. */
#define WORDS_MAX 8
#define PLACES_MAX (MC_EVENT_BLOCK_PLACES * (MC_EVENT_BLOCK_FIELDS + WORDS_MAX))

/* A condition on bits: ? is the array of their places. */
typedef struct {
    mc_buffer_t sql;
    int64_t places[PLACES_MAX];
    size_t count;
} bits_t;

/* All places of a value: bit AND bit AND bit AND bit */
static void
add_word(bits_t *bits, size_t field, mc_text_t word)
{
    uint32_t places[MC_EVENT_BLOCK_PLACES];
    mc_event_block_places(field, word, places);
    for (size_t i = 0; i < MC_EVENT_BLOCK_PLACES; i++) {
        bits->places[bits->count++] = places[i];
        mc_buffer_printf(&bits->sql, "%sget_bit(signature, (?::int[])[%zu]) = 1", i ? " AND " : "",
                         bits->count);
    }
}

/* The next of the words with commas between them, without spaces; false at the end. */
static bool
next_word(mc_text_t *rest, mc_text_t *ret_word)
{
    while (rest->size && (*rest->data == ',' || *rest->data == ' '))
        *rest = (mc_text_t){rest->data + 1, rest->size - 1};
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ',' && rest->data[size] != ' ')
        size++;
    *ret_word = (mc_text_t){rest->data, size};
    *rest = (mc_text_t){rest->data + size, rest->size - size};
    return size > 0;
}

static size_t
read_words(mc_text_t text, mc_text_t ret_words[WORDS_MAX])
{
    size_t count = 0;
    mc_text_t word;
    while (next_word(&text, &word)) {
        if (count == WORDS_MAX)
            return 0;
        ret_words[count++] = word;
    }
    return count;
}

static void
add_statuses(bits_t *bits, size_t field, mc_text_t text)
{
    mc_text_t words[WORDS_MAX];
    size_t count = read_words(text, words);
    for (size_t i = 0; i < count; i++) {
        mc_buffer_string(&bits->sql, i ? " OR " : " AND (");
        add_word(bits, field, words[i]);
    }
    if (count)
        mc_buffer_string(&bits->sql, ")");
}

static void
add_filter(bits_t *bits, size_t index, const mc_event_query_t *query)
{
    size_t place = mc_event_block_fields[index].query;
    const mc_field_t *field = &mc_event_query_shape.fields[place];
    const void *member = mc_record_member(query, field);
    char digits[24];
    if (!mc_record_has(query, place))
        return;
    if (place == MC_INDEX_event_query_status) {
        add_statuses(bits, index, *(const mc_text_t *)member);
        return;
    }
    mc_buffer_string(&bits->sql, " AND ");
    if (field->kind == MC_TEXT_KIND) {
        add_word(bits, index, *(const mc_text_t *)member);
    } else {
        snprintf(digits, sizeof digits, "%lld", (long long)*(const int64_t *)member);
        add_word(bits, index, mc_text(digits));
    }
}

bool
gateway_query_has_blocks(const mc_event_query_t *query)
{
    for (size_t i = 0; i < MC_EVENT_BLOCK_FIELDS; i++)
        if (mc_record_has(query, mc_event_block_fields[i].query))
            return true;
    return mc_has(query, event_query, since) || mc_has(query, event_query, until);
}

void
gateway_query_blocks(gateway_question_t *question, const mc_event_query_t *query,
                     gateway_window_t window)
{
    bits_t bits = {0};
    gateway_question_i64(question, "SELECT block FROM aop_event_blocks WHERE block >= ?",
                         mc_event_block_of(window.above + 1));
    gateway_question_i64(question, " AND block <= ?", mc_event_block_of(window.upto));
    if (mc_has(query, event_query, since))
        gateway_question_i64(question, " AND last_us >= ?", query->since);
    if (mc_has(query, event_query, until))
        gateway_question_i64(question, " AND first_us < ?", query->until);
    for (size_t i = 0; i < MC_EVENT_BLOCK_FIELDS; i++)
        add_filter(&bits, i, query);
    if (bits.count) {
        mc_buffer_byte(&bits.sql, '\0');
        gateway_question_i64s(question, bits.sql.data, bits.places, bits.count);
    }
    mc_buffer_clear(&bits.sql);
    gateway_question_add(question,
                         window.is_ascending ? " ORDER BY block ASC" : " ORDER BY block DESC");
    gateway_question_i64(question, " LIMIT ?", window.limit);
}
