/*
 *  test_store_session - transactions and COPY on a connection of one's own
 */
#include "store_bench.h"

#include "proto/codec.h"

TestSuite(store_session, .init = open_bench, .fini = close_bench, .timeout = 60);

/* One row of two bigints for COPY. */
static void
add_row(mc_buffer_t *out, int64_t id, int64_t value)
{
    mc_buffer_u16(out, 2);
    mc_buffer_u32(out, 8);
    mc_buffer_u64(out, (uint64_t)id);
    mc_buffer_u32(out, 8);
    mc_buffer_u64(out, (uint64_t)value);
}

static void
copy(const mc_buffer_t *data)
{
    mc_store_session_copy(bench.session, "COPY copied FROM STDIN (FORMAT binary)",
                          mc_buffer_content(data), on_answer, &bench);
    wait_for(1);
}

#define COPIED_ROWS 200000

Test(store_session, copies_in_a_transaction_and_rolls_back_a_duplicate)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("DROP TABLE IF EXISTS copied");
    must_step("CREATE TABLE copied (id bigint PRIMARY KEY, value bigint)");
    mc_buffer_t data = {0};
    mc_copy_header(&data);
    for (int64_t i = 0; i < COPIED_ROWS; i++)
        add_row(&data, i, i * 2);
    mc_copy_trailer(&data);

    must_step("BEGIN");
    copy(&data);
    cr_assert(!bench.is_refused, "%s", bench.refusal.message);
    must_step("COMMIT");

    must_step("BEGIN");
    copy(&data);
    cr_assert(bench.is_refused);
    cr_assert_eq(bench.refusal.code, (int)MC_INTERNAL_ERROR);
    cr_assert_str_eq(bench.refusal.field, "23505");
    cr_assert(strstr(bench.refusal.message, "duplicate key value"), "%s", bench.refusal.message);
    step("SELECT 1");
    cr_assert_str_eq(bench.refusal.field, "25P02", "the transaction is broken until ROLLBACK");
    must_step("ROLLBACK");

    must_step("SELECT count(*), sum(value)::bigint FROM copied");
    cr_assert_eq(mc_store_i64(bench.result, 0, 0), COPIED_ROWS);
    cr_assert_eq(mc_store_i64(bench.result, 0, 1), (int64_t)COPIED_ROWS * (COPIED_ROWS - 1));
    must_step("DROP TABLE copied");
    mc_buffer_clear(&data);
}

Test(store_session, refuses_a_copy_of_broken_data)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("CREATE TEMP TABLE copied (id bigint, value bigint)");
    mc_buffer_t data = {0};
    mc_buffer_string(&data, "no copy");
    copy(&data);
    cr_assert_str_eq(bench.refusal.field, "22P04");
    mc_buffer_clear(&data);
    must_step("SELECT 1");
}

Test(store_session, loses_the_transaction_with_its_connection)
{
    bench.session = mc_store_session_new(bench.store);
    must_step("BEGIN");
    must("SELECT 1");
    terminate();
    step("SELECT 1");
    cr_assert_eq(bench.refusal.code, (int)MC_STORE_AWAY_ERROR, "%s", bench.refusal.message);
    do
        step("SELECT pg_current_xact_id_if_assigned() IS NULL");
    while (bench.is_refused);
    cr_assert(mc_store_session_is_up(bench.session));
}
