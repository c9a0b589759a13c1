/*
 *  test_spool - what was committed is there after any end of the process
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "services/ingest/spool.h"

static char path[64];

static void
make_path(void)
{
    snprintf(path, sizeof path, "/tmp/mc-spool-%d.db", (int)getpid());
}

static void
remove_files(void)
{
    char name[80];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < MC_COUNT(ends); i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

TestSuite(spool, .init = make_path, .fini = remove_files);

static ingest_spool_t *
open_spool(int64_t bytes_max)
{
    ingest_spool_t *spool = ingest_spool_new(path, bytes_max);
    cr_assert_not_null(spool, "%s", mc_error());
    return spool;
}

Test(spool, keeps_committed_batches_in_order)
{
    ingest_spool_t *spool = open_spool(1000);
    ingest_spool_row_t row;
    cr_assert_eq(ingest_spool_append(spool, 2, MC_TEXT("one"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_append(spool, 3, MC_TEXT("two"), MC_TEXT("bad")), 0);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), INGEST_SPOOL_END, "nothing is durable yet");
    cr_assert_eq(ingest_spool_commit(spool), 0);
    ingest_spool_destroy(&spool);

    spool = open_spool(1000);
    cr_assert_eq(ingest_spool_events(spool), 5);
    cr_assert_eq(ingest_spool_bytes(spool), 9);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), 0);
    cr_assert(mc_text_is(row.stored, "one"));
    cr_assert_eq(ingest_spool_read(spool, row.id, &row), 0);
    cr_assert(mc_text_is(row.stored, "two"));
    cr_assert(mc_text_is(row.quarantined, "bad"));
    cr_assert_eq(ingest_spool_read(spool, row.id, &row), INGEST_SPOOL_END);
    ingest_spool_destroy(&spool);
}

Test(spool, loses_what_was_not_committed)
{
    ingest_spool_t *spool = open_spool(1000);
    cr_assert_eq(ingest_spool_append(spool, 2, MC_TEXT("one"), MC_TEXT("")), 0);
    ingest_spool_destroy(&spool);
    spool = open_spool(1000);
    cr_assert_eq(ingest_spool_events(spool), 0);
    ingest_spool_destroy(&spool);
}

Test(spool, refuses_what_passes_its_size_and_takes_again_after_forgetting)
{
    ingest_spool_t *spool = open_spool(8);
    ingest_spool_row_t row;
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("12345678"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("9"), MC_TEXT("")), INGEST_SPOOL_FULL);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), 0);
    cr_assert_eq(ingest_spool_forget(spool, row.id), 0);
    cr_assert_eq(ingest_spool_bytes(spool), 0);
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("9"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    ingest_spool_destroy(&spool);
}

Test(spool, never_gives_an_id_twice)
{
    ingest_spool_t *spool = open_spool(100);
    ingest_spool_row_t row;
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("a"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), 0);
    int64_t first = row.id;
    cr_assert_eq(ingest_spool_forget(spool, first), 0);
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("b"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert_eq(ingest_spool_read(spool, first, &row), 0, "the writer goes on behind %lld",
                 (long long)first);
    cr_assert(mc_text_is(row.stored, "b"));
    ingest_spool_destroy(&spool);
}

Test(spool, remembers_facts)
{
    ingest_spool_t *spool = open_spool(100);
    mc_buffer_t value = {0};
    cr_assert_eq(ingest_spool_recall(spool, "keys", &value), 0);
    cr_assert_eq(value.size, 0);
    cr_assert_eq(ingest_spool_remember(spool, "keys", MC_TEXT("abc")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert_eq(ingest_spool_recall(spool, "keys", &value), 0);
    cr_assert(mc_text_is(mc_buffer_content(&value), "abc"));
    mc_buffer_clear(&value);
    ingest_spool_destroy(&spool);
}

Test(spool, a_batch_set_aside_stays_in_the_file_and_is_not_read_again)
{
    ingest_spool_t *spool = open_spool(1000);
    ingest_spool_row_t row;
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("odd"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("next"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), 0);
    int64_t id = row.id;
    cr_assert_eq(ingest_spool_set_aside(spool, id), 0);
    cr_assert_eq(ingest_spool_set_aside(spool, id), 0, "as after a crash in between");
    cr_assert_eq(ingest_spool_forget(spool, id), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    ingest_spool_destroy(&spool);

    spool = open_spool(1000);
    cr_assert_eq(ingest_spool_read(spool, 0, &row), 0);
    cr_assert(mc_text_is(row.stored, "next"));
    cr_assert_eq(ingest_spool_events(spool), 1);
    ingest_spool_destroy(&spool);
}

Test(spool, moves_its_journal_back_beside_its_work)
{
    ingest_spool_t *spool = open_spool((int64_t)1 << 30);
    static char body[100000];
    memset(body, 'x', sizeof body);
    for (int i = 0; i < 60; i++) {
        cr_assert_eq(ingest_spool_append(spool, 1, (mc_text_t){body, sizeof body}, MC_TEXT("")), 0);
        cr_assert_eq(ingest_spool_commit(spool), 0);
    }
    cr_assert(ingest_spool_wants_checkpoint(spool));
    ingest_spool_checkpoint(spool);
    cr_assert_eq(ingest_spool_append(spool, 1, MC_TEXT("one more"), MC_TEXT("")), 0);
    cr_assert_eq(ingest_spool_commit(spool), 0);
    cr_assert(!ingest_spool_wants_checkpoint(spool), "the journal began again at its start");
    cr_assert_eq(ingest_spool_events(spool), 61);
    ingest_spool_destroy(&spool);
}
