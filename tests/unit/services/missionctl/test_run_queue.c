/*
 *  test_run_queue - events of a run that are not delivered yet
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "services/missionctl/run_queue.h"

static char folder[] = "/tmp/mc-test-queue-XXXXXX";
static missionctl_queue_t queue;

static void
set_up(void)
{
    cr_assert(mkdtemp(folder));
    cr_assert_eq(missionctl_queue_init(&queue, folder, "r1"), 0, "%s", mc_error());
}

static void
tear_down(void)
{
    char command[128];
    missionctl_queue_clear(&queue);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(run_queue, .init = set_up, .fini = tear_down);

static void
put(const char *line)
{
    cr_assert_eq(missionctl_queue_append(&queue, mc_text(line), false), 0, "%s", mc_error());
}

static void
expect_peek(size_t size, size_t count, const char *wanted)
{
    mc_buffer_t out = {0};
    cr_assert_eq(missionctl_queue_peek(&queue, size, count, &out), 0, "%s", mc_error());
    mc_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted);
    mc_buffer_clear(&out);
}

Test(run_queue, gives_lines_in_their_order_and_whole)
{
    put("one\n");
    put("two\n");
    put("three\n");
    expect_peek(100, 100, "one\ntwo\nthree\n");
    expect_peek(100, 2, "one\ntwo\n");
    expect_peek(9, 100, "one\ntwo\n");
    expect_peek(1, 100, "one\n");
    missionctl_queue_advance(&queue, 4);
    expect_peek(100, 1, "two\n");
    cr_assert_eq(missionctl_queue_count(&queue), 2);
}

Test(run_queue, is_small_again_once_all_is_delivered)
{
    struct stat status;
    put("one\n");
    missionctl_queue_advance(&queue, 4);
    cr_assert(missionctl_queue_is_empty(&queue));
    put("two\n");
    expect_peek(100, 100, "two\n");
    cr_assert_eq(stat(queue.path.text, &status), 0);
    cr_assert_eq(status.st_size, 4);
}

Test(run_queue, is_for_us_alone)
{
    struct stat status;
    cr_assert_eq(stat(queue.path.text, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
}

Test(run_queue, is_bounded_and_keeps_room_for_what_is_vital)
{
    size_t size = 512 * 1024;
    char *line = malloc(size);
    memset(line, 'x', size);
    line[size - 1] = '\n';
    int result = 0;
    while ((result = missionctl_queue_append(&queue, (mc_text_t){line, size}, false)) == 0)
        ;
    cr_assert_eq(result, MISSIONCTL_QUEUE_FULL);
    cr_assert_eq(queue.tail, MISSIONCTL_QUEUE_BYTES_MAX);
    cr_assert_eq(missionctl_queue_append(&queue, MC_TEXT("end\n"), false), MISSIONCTL_QUEUE_FULL);
    cr_assert_eq(missionctl_queue_append(&queue, MC_TEXT("end\n"), true), 0);
    free(line);
}

Test(run_queue, leaves_a_file_only_when_something_is_left)
{
    missionctl_path_t path = queue.path;
    put("one\n");
    missionctl_queue_clear(&queue);
    cr_assert_eq(access(path.text, F_OK), 0);

    cr_assert_eq(missionctl_queue_open(&queue, path.text), 0);
    expect_peek(100, 100, "one\n");
    missionctl_queue_advance(&queue, 4);
    missionctl_queue_clear(&queue);
    cr_assert_eq(access(path.text, F_OK), -1);
}

Test(run_queue, that_a_run_still_holds_is_left_alone)
{
    missionctl_queue_t other;
    put("one\n");
    cr_assert_eq(missionctl_queue_open(&other, queue.path.text), MISSIONCTL_QUEUE_LOCKED);
}

Test(run_queue, forgets_a_line_that_was_cut_by_a_crash)
{
    static const char *const rows[][2] = {
        {"one\ntw", "one\n"},
        {"one\n", "one\n"},
        {"o", ""},
        {"", ""},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_path_t path = missionctl_path("%s/left.jsonl", folder);
        missionctl_queue_clear(&queue);
        cr_assert_eq(missionctl_file_write(path.text, 0600, mc_text(rows[i][0])), 0);
        cr_assert_eq(missionctl_queue_open(&queue, path.text), 0);
        cr_assert_eq((size_t)queue.tail, strlen(rows[i][1]), "row %zu", i);
    }
}

Test(run_queue, is_in_memory_where_no_file_can_be_made)
{
    missionctl_queue_t other;
    cr_assert_eq(missionctl_queue_init(&other, "/nonexistent", "r"), 0, "%s", mc_error());
    cr_assert_eq(missionctl_queue_append(&other, MC_TEXT("one\n"), false), 0);
    cr_assert_eq(missionctl_queue_count(&other), 1);
    missionctl_queue_clear(&other);
}
