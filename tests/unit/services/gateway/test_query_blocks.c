/*
 *  test_query_blocks - a block is left out only when a filter cannot be met in it
 */
#include "services/gateway/query_blocks.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/event_blocks.h"

typedef struct {
    char sql[4096];
    char values[1024]; /* joined by | */
    size_t bits;       /* tested */
} written_t;

static written_t
write_blocks(const mc_event_query_t *query, gateway_window_t window)
{
    written_t written = {0};
    gateway_question_t question;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    gateway_question_init(&question, arena);
    gateway_query_blocks(&question, query, window);
    snprintf(written.sql, sizeof written.sql, "%.*s", (int)question.sql.size, question.sql.data);
    for (size_t i = 0; i < question.params.count; i++) {
        size_t used = strlen(written.values);
        snprintf(written.values + used, sizeof written.values - used, "%s%s", i ? "|" : "",
                 question.params.values[i]);
    }
    for (const char *at = written.sql; (at = strstr(at, "get_bit(")); at++)
        written.bits++;
    mc_buffer_clear(&question.sql);
    return written;
}

Test(query_blocks, the_window_of_ids_is_one_of_blocks_in_its_order)
{
    static const struct {
        gateway_window_t window;
        const char *values;
    } rows[] = {
        {{0, 1023, 8, false}, "0|0|8"},
        {{1023, 1024, 8, false}, "1|1|8"},
        {{1022, 4096, 8, false}, "0|4|8"},
    };
    mc_event_query_t query = {0};
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        written_t written = write_blocks(&query, rows[i].window);
        cr_expect_str_eq(written.values, rows[i].values);
        cr_expect_str_eq(written.sql, "SELECT block FROM aop_event_blocks WHERE block >= $1"
                                      " AND block <= $2 ORDER BY block DESC LIMIT $3");
    }
    written_t up = write_blocks(&query, (gateway_window_t){0, 9, 8, true});
    cr_expect(strstr(up.sql, "ORDER BY block ASC"), "%s", up.sql);
}

Test(query_blocks, each_value_is_all_of_its_bits)
{
    mc_event_query_t query = {0};
    uint32_t places[MC_EVENT_BLOCK_PLACES];
    char wanted[128];
    mc_set(&query, event_query, mcp_tool, MC_TEXT("read_file"));
    mc_event_block_places(10, MC_TEXT("read_file"), places);
    written_t written = write_blocks(&query, (gateway_window_t){0, 9, 8, false});
    snprintf(wanted, sizeof wanted, "0|0|{%u,%u,%u,%u}|8", places[0], places[1], places[2],
             places[3]);
    cr_expect_str_eq(written.values, wanted);
    cr_expect(strstr(written.sql, " AND get_bit(signature, ($3::int[])[1]) = 1 AND"
                                  " get_bit(signature, ($3::int[])[2]) = 1 AND"),
              "%s", written.sql);
    mc_set(&query, event_query, tier, 2);
    cr_expect_eq(write_blocks(&query, (gateway_window_t){0, 9, 8, false}).bits, 8);
}

Test(query_blocks, any_of_several_statuses_will_do_and_too_many_do_not_narrow)
{
    static const struct {
        const char *status;
        size_t bits;
        bool has_or;
    } rows[] = {
        {"failed", 4, false},
        {" failed , paused", 8, true},
        {"a,b,c,d,e,f,g,h", 32, true},
        {"a,b,c,d,e,f,g,h,i", 0, false},
        {",", 0, false},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_event_query_t query = {0};
        mc_set(&query, event_query, status, mc_text(rows[i].status));
        written_t written = write_blocks(&query, (gateway_window_t){0, 9, 8, false});
        cr_expect_eq(written.bits, rows[i].bits, "%s: %s", rows[i].status, written.sql);
        cr_expect_eq(strstr(written.sql, " OR ") != NULL, rows[i].has_or, "%s", written.sql);
        cr_expect_eq(strstr(written.sql, " AND (get_bit") != NULL, rows[i].bits > 0, "%s",
                     written.sql);
    }
}

Test(query_blocks, times_leave_out_blocks_that_end_before_or_begin_after)
{
    mc_event_query_t query = {0};
    mc_set(&query, event_query, since, 100);
    mc_set(&query, event_query, until, 200);
    written_t written = write_blocks(&query, (gateway_window_t){0, 9, 8, false});
    cr_expect(strstr(written.sql, " AND last_us >= $3 AND first_us < $4 "), "%s", written.sql);
    cr_expect_str_eq(written.values, "0|0|100|200|8");
}

Test(query_blocks, only_roots_runs_and_texts_cannot_be_told_apart)
{
    mc_event_query_t query = {0};
    mc_set(&query, event_query, root_task_id, MC_TEXT("root"));
    mc_set(&query, event_query, run_id, MC_TEXT("run"));
    mc_set(&query, event_query, text, MC_TEXT("x"));
    cr_expect_not(gateway_query_has_blocks(&query));
    mc_set(&query, event_query, since, 1);
    cr_expect(gateway_query_has_blocks(&query));
}
