/*
 *  test_query - only the filters that were asked for are in the SQL, and every value is bound
 */
#include "services/gateway/query_events.h"
#include "services/gateway/query_roots.h"
#include "services/gateway/query_runs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* The text from its last FROM of the table up to its end, and how many values are bound. */
typedef struct {
    char tail[2048];
    size_t count;
    char values[1024]; /* joined by | */
} written_t;

static written_t
finish(gateway_question_t *question, const char *table)
{
    written_t written = {.count = question->params.count};
    mc_buffer_byte(&question->sql, '\0');
    const char *from = strstr(question->sql.data, table);
    cr_assert(from, "%s", question->sql.data);
    snprintf(written.tail, sizeof written.tail, "%s", from + strlen(table));
    for (size_t i = 0; i < question->params.count; i++) {
        size_t used = strlen(written.values);
        snprintf(written.values + used, sizeof written.values - used, "%s%s", i ? "|" : "",
                 question->params.values[i]);
    }
    mc_buffer_clear(&question->sql);
    return written;
}

static written_t
write_runs(const mc_run_query_t *query, const mc_cursor_t *cursor)
{
    gateway_question_t question;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    gateway_question_init(&question, arena);
    gateway_query_runs(&question, query, cursor);
    return finish(&question, "FROM aop_agent_runs WHERE true");
}

static written_t
write_events(const mc_event_query_t *query, gateway_window_t window, bool is_whole)
{
    gateway_question_t question;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    gateway_question_init(&question, arena);
    gateway_query_events(&question, query, window, is_whole);
    return finish(&question, "FROM aop_agent_events WHERE ");
}

Test(query, runs_without_filters_have_only_a_limit)
{
    mc_run_query_t query = {0};
    mc_set(&query, run_query, limit, 80);
    written_t written = write_runs(&query, NULL);
    cr_expect_str_eq(written.tail, " ORDER BY started_at DESC, id LIMIT $1");
    cr_expect_str_eq(written.values, "80");
}

Test(query, each_filter_of_runs_is_one_condition_and_one_value)
{
    static const struct {
        const char *field;
        const char *condition;
    } rows[] = {
        {"root_task_id", " AND root_task_id = $1"},
        {"task_id", " AND task_id = $1"},
        {"actor", " AND actor = $1"},
        {"provider", " AND provider = $1"},
        {"model_id", " AND model_id = $1"},
        {"persona", " AND persona = $1"},
        {"skill", " AND skill = $1"},
        {"mcp_server", " AND mcp_server = $1"},
        {"parent_run_id", " AND parent_run_id = $1"},
        {"run_id", " AND id = $1"},
        {"status", " AND status = ANY (string_to_array($1, ','))"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_run_query_t query = {0};
        mc_refusal_t refusal;
        const mc_field_t *field = mc_shape_find_name(&mc_run_query_shape, mc_text(rows[i].field));
        mc_set(&query, run_query, limit, 7);
        cr_assert_eq(mc_field_set_text(&mc_run_query_shape, field, &query,
                                       MC_TEXT("x'; DROP TABLE--"), &refusal),
                     0);
        written_t written = write_runs(&query, NULL);
        char wanted[256];
        snprintf(wanted, sizeof wanted, "%s ORDER BY started_at DESC, id LIMIT $2",
                 rows[i].condition);
        cr_expect_str_eq(written.tail, wanted);
        cr_expect_null(strstr(written.tail, "DROP"));
    }
}

Test(query, a_page_of_runs_goes_on_behind_the_last_row)
{
    mc_run_query_t query = {0};
    mc_cursor_t cursor = {1795359829109930, MC_TEXT("run-7")};
    mc_set(&query, run_query, root_task_id, MC_TEXT("root"));
    mc_set(&query, run_query, tier, 2);
    mc_set(&query, run_query, limit, 5);
    written_t written = write_runs(&query, &cursor);
    cr_expect_str_eq(written.tail, " AND root_task_id = $1 AND tier = $2"
                                   " AND started_at <= $3 AND (started_at < $3 OR id > $4)"
                                   " ORDER BY started_at DESC, id LIMIT $5");
    cr_expect_eq(written.count, 5);
    cr_expect(strstr(written.values, "root|2|"), "%s", written.values);
}

Test(query, statuses_are_words_with_commas_whatever_the_spaces)
{
    mc_run_query_t query = {0};
    mc_set(&query, run_query, status, MC_TEXT(" executing, paused "));
    mc_set(&query, run_query, limit, 5);
    cr_expect_str_eq(write_runs(&query, NULL).values, "executing,paused|5");
}

Test(query, events_are_asked_for_by_windows_of_ids)
{
    mc_event_query_t query = {0};
    mc_set(&query, event_query, actor, MC_TEXT("a"));
    written_t down = write_events(&query, (gateway_window_t){10, 20, 5, false}, false);
    cr_expect(strstr(down.tail, "id > $1 AND id <= $2 AND actor = $3 ORDER BY id DESC LIMIT $4"),
              "%s", down.tail);
    cr_expect_str_eq(down.values, "10|20|a|5");
    written_t up = write_events(&query, (gateway_window_t){10, 20, 5, true}, true);
    cr_expect(strstr(up.tail, "ORDER BY id ASC LIMIT $4"), "%s", up.tail);
    cr_expect(strstr(up.tail, "nth = 1 OR bytes_so_far <="), "%s", up.tail);
}

Test(query, a_search_binds_one_pattern_with_its_wildcards_escaped)
{
    mc_event_query_t query = {0};
    mc_set(&query, event_query, text, MC_TEXT("50%_\\done"));
    written_t written = write_events(&query, (gateway_window_t){0, 9, 1, false}, false);
    cr_expect(strstr(written.tail, "(message ILIKE $3 OR actor ILIKE $3 OR action ILIKE $3)"), "%s",
              written.tail);
    cr_expect_str_eq(written.values, "0|9|%50\\%\\_\\\\done%|1");
}

Test(query, columns_that_are_never_shown_are_not_read)
{
    gateway_question_t question;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    gateway_question_init(&question, arena);
    gateway_question_columns(&question, &mc_agent_event_shape, "e.", "payload_json");
    mc_buffer_byte(&question.sql, '\0');
    cr_expect_null(strstr(question.sql.data, "e.source"));
    cr_expect_null(strstr(question.sql.data, "e.details"));
    cr_expect_null(strstr(question.sql.data, "e.payload_json"));
    cr_expect(strstr(question.sql.data, "e.id, e.event_uid, "));
    mc_buffer_clear(&question.sql);
}

Test(query, roots_are_searched_and_paged_by_bound_values)
{
    gateway_question_t question;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_cursor_t cursor = {5, MC_TEXT("r")};
    gateway_question_init(&question, arena);
    gateway_query_roots(&question, &(gateway_roots_query_t){MC_TEXT("x"), &cursor, 9});
    written_t written = finish(&question, "WHERE true");
    cr_expect_eq(strncmp(written.tail,
                         " AND (o.root_task_id ILIKE $1 OR t.objective ILIKE $1)"
                         " AND o.last_event_at <= $2 AND (o.last_event_at < $2 OR"
                         " o.root_task_id > $3) ORDER BY o.last_event_at DESC, o.root_task_id"
                         " LIMIT $4)",
                         strlen(" AND (o.root_task_id ILIKE $1")),
                 0, "%s", written.tail);
    cr_expect(strstr(written.tail, "o.root_task_id > $3"), "%s", written.tail);
    cr_expect_eq(written.count, 4);
}

Test(query, equal_texts_share_one_address_and_the_table_is_bounded)
{
    MC_AUTO(gateway_statements) statements = gateway_statements_new();
    const char *first = gateway_statements_intern(statements, MC_TEXT("SELECT 1"));
    cr_expect_str_eq(first, "SELECT 1");
    cr_expect_eq(gateway_statements_intern(statements, MC_TEXT("SELECT 1")), first);
    cr_expect_neq(gateway_statements_intern(statements, MC_TEXT("SELECT 12")), first);
    char text[32];
    for (int i = 0; i < GATEWAY_STATEMENTS_MAX; i++) {
        snprintf(text, sizeof text, "SELECT 'n%d'", i);
        const char *kept = gateway_statements_intern(statements, mc_text(text));
        cr_expect_eq(kept != NULL, i < GATEWAY_STATEMENTS_MAX - 2);
    }
    cr_expect_eq(gateway_statements_intern(statements, MC_TEXT("SELECT 1")), first);
}
