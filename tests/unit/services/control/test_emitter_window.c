/*
 *  test_emitter_window - how far the cursor may move, in stories of readings
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "services/control/emitter_window.h"

#define LATER_US CONTROL_WINDOW_SETTLE_US

static control_window_t *window;
static int64_t now_us;

static void
make_window(void)
{
    window = calloc(1, sizeof *window);
    now_us = 1;
}

static void
free_window(void)
{
    free(window);
}

TestSuite(emitter_window, .init = make_window, .fini = free_window);

/* One reading that brings ids from..to, moves the cursor as far as it may, and says where it is. */
static int64_t
read_ids(int64_t oldest_xid, int64_t next_xid, int64_t from, int64_t to)
{
    control_window_begin(window);
    control_window_look(window, oldest_xid, next_xid, now_us);
    for (int64_t id = from; id <= to; id++)
        control_window_add(window, id);
    int64_t safe_id = control_window_end(window);
    if (safe_id > window->cursor)
        control_window_move(window, safe_id);
    return window->cursor;
}

static int64_t
read_none(int64_t oldest_xid, int64_t next_xid)
{
    return read_ids(oldest_xid, next_xid, 1, 0);
}

Test(emitter_window, stays_until_the_transactions_of_the_mark_are_over)
{
    cr_expect_eq(read_ids(100, 100, 1, 3), 0);
    cr_expect_eq(read_none(100, 105), 0, "the mark is made: 3, with 105 not begun");
    now_us += LATER_US;
    cr_expect_eq(read_none(104, 110), 0, "104 may hold a lower number");
    cr_expect_eq(read_none(105, 110), 3);
    cr_expect_eq(window->done_count, 0);
}

Test(emitter_window, stays_until_numbers_have_become_transactions)
{
    read_ids(100, 100, 1, 3);
    read_none(100, 100);
    now_us += LATER_US - 1;
    cr_expect_eq(read_none(200, 200), 0);
    now_us += 1;
    cr_expect_eq(read_none(200, 200), 3);
}

Test(emitter_window, does_not_pass_rows_that_came_after_the_mark)
{
    read_ids(100, 100, 1, 3);
    read_ids(100, 105, 7, 9); /* mark at 3: 4 to 6 may be under way */
    now_us += LATER_US;
    cr_expect_eq(read_none(105, 105), 3);
    cr_expect_eq(window->done_count, 3, "7 to 9 are remembered");
    cr_expect_eq(read_ids(106, 106, 4, 6), 3, "they come late and are done; a new mark is made");
    now_us += LATER_US;
    cr_expect_eq(read_none(106, 106), 9);
}

Test(emitter_window, has_a_late_row_done_before_it_moves_over_it)
{
    read_ids(100, 100, 5, 9);
    read_none(100, 105);
    now_us += LATER_US;
    control_window_begin(window);
    control_window_look(window, 105, 105, now_us);
    control_window_add(window, 2);
    cr_expect_eq(window->cursor, 0, "row 2 is sent, but not answered for");
    cr_expect_eq(control_window_end(window), 9);
}

Test(emitter_window, has_no_mark_while_nothing_is_done)
{
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(read_none(100 + i, 100 + i), 0);
        now_us += LATER_US;
    }
    cr_expect_eq(window->mark_id, 0);
}

Test(emitter_window, reads_on_after_a_full_page)
{
    read_ids(1, 1, 1, CONTROL_WINDOW_PAGE);
    cr_expect(control_window_has_more(window));
    read_ids(1, 1, CONTROL_WINDOW_PAGE + 1, CONTROL_WINDOW_PAGE + 1);
    cr_expect_not(control_window_has_more(window));
}

static int64_t
fill(void)
{
    int64_t id = 0;
    while (control_window_begin(window)) {
        cr_assert_leq(id, CONTROL_WINDOW_IDS_MAX, "the window has no bound");
        read_ids(100, 100, id + 1, id + CONTROL_WINDOW_PAGE);
        id += CONTROL_WINDOW_PAGE;
    }
    return id;
}

Test(emitter_window, reads_no_more_when_it_is_full)
{
    cr_expect_eq(fill(), CONTROL_WINDOW_IDS_MAX);
    cr_expect_not(control_window_has_more(window));
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX);
}

/* The first mark is of the first page; the moves make room again. */
Test(emitter_window, gets_going_again_when_it_was_full)
{
    fill();
    now_us += LATER_US;
    cr_expect_eq(read_none(100, 100), 0, "a look at the transactions only");
    cr_expect(control_window_has_more(window));
    cr_expect_eq(control_window_begin(window), CONTROL_WINDOW_PAGE);
    cr_expect_eq(read_none(100, 100), CONTROL_WINDOW_PAGE);
    read_none(100, 100);
    now_us += LATER_US;
    cr_expect_eq(read_none(100, 100), CONTROL_WINDOW_IDS_MAX);
    cr_expect_eq(window->done_count, 0);
}

/* A great many rows below the mark become visible at once, with the window full. */
Test(emitter_window, stays_within_its_bound_with_many_late_rows)
{
    int64_t late = 3 * CONTROL_WINDOW_PAGE;
    int64_t high = 1000000;
    for (int64_t id = high; control_window_begin(window); id += CONTROL_WINDOW_PAGE)
        read_ids(100, 100, id, id + CONTROL_WINDOW_PAGE - 1);
    now_us += LATER_US;
    read_none(100, 100);
    for (int64_t id = 1; id < late; id += CONTROL_WINDOW_PAGE) {
        cr_expect_eq(read_ids(100, 100, id, id + CONTROL_WINDOW_PAGE - 1),
                     id + CONTROL_WINDOW_PAGE - 1, "as far as the page goes");
        cr_expect_leq(window->done_count, CONTROL_WINDOW_IDS_MAX);
    }
    cr_expect_eq(read_none(100, 100), high + CONTROL_WINDOW_PAGE - 1, "then the mark");
}

/* The cursor is not moved when the database does not answer. */
Test(emitter_window, stays_within_its_bound_when_moves_fail)
{
    fill();
    now_us += LATER_US;
    read_none(100, 100);
    for (int64_t id = 10; id < 13; id++) {
        size_t most = control_window_begin(window);
        control_window_look(window, 100, 100, now_us);
        for (size_t i = 0; i < most; i++)
            control_window_add(window, 1000000 * id + (int64_t)i);
        cr_expect_eq(control_window_end(window), CONTROL_WINDOW_PAGE,
                     "the move is asked for again");
    }
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX + CONTROL_WINDOW_PAGE);
    control_window_move(window, CONTROL_WINDOW_PAGE);
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX);
}
