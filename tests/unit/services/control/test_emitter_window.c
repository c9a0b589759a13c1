/*
 *  test_emitter_window - how far the cursor may move, in stories of readings
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "services/control/emitter_window.h"

#define LATER_US CONTROL_WINDOW_SETTLE_US

static control_window_t *window;
static int64_t now_us, highest_id;

static void
make_window(void)
{
    window = calloc(1, sizeof *window);
    now_us = 1;
    highest_id = 0;
}

static void
free_window(void)
{
    free(window);
}

TestSuite(emitter_window, .init = make_window, .fini = free_window);

/* One reading that brings ids from..to, and what it says. */
static int64_t
begin_ids(int64_t oldest_xid, int64_t next_xid, int64_t from, int64_t to)
{
    control_window_begin(window);
    if (to > highest_id)
        highest_id = to;
    control_window_look_t look = {oldest_xid, next_xid, highest_id, now_us};
    control_window_look(window, &look);
    for (int64_t id = from; id <= to; id++)
        control_window_add(window, id);
    return control_window_end(window);
}

/* The same, and the cursor moves as far as it may: says where it is. */
static int64_t
read_ids(int64_t oldest_xid, int64_t next_xid, int64_t from, int64_t to)
{
    int64_t safe_id = begin_ids(oldest_xid, next_xid, from, to);
    if (safe_id > window->cursor)
        control_window_move(window, safe_id);
    if (!control_window_has_more(window))
        control_window_rest(window);
    return window->cursor;
}

static int64_t
read_none(int64_t oldest_xid, int64_t next_xid)
{
    return read_ids(oldest_xid, next_xid, 1, 0);
}

Test(emitter_window, stays_until_the_transactions_of_the_mark_are_over)
{
    cr_expect_eq(read_ids(100, 105, 1, 3), 0, "the mark is made: 3, with 105 not begun");
    now_us += LATER_US;
    cr_expect_eq(read_none(104, 110), 0, "104 may hold a lower number");
    cr_expect_eq(read_none(105, 110), 3);
    cr_expect_eq(window->done_count, 0);
}

Test(emitter_window, stays_until_numbers_have_become_transactions)
{
    read_ids(100, 100, 1, 3);
    now_us += LATER_US - 1;
    cr_expect_eq(read_none(200, 200), 0);
    now_us += 1;
    cr_expect_eq(read_none(200, 200), 3);
}

Test(emitter_window, does_not_pass_rows_that_came_after_the_mark)
{
    read_ids(100, 105, 1, 3); /* mark at 3: 4 to 6 may be under way */
    read_ids(100, 105, 7, 9);
    now_us += LATER_US;
    cr_expect_eq(read_none(105, 105), 3);
    cr_expect_eq(window->done_count, 3, "7 to 9 are remembered");
    cr_expect_eq(read_ids(106, 106, 4, 6), 3, "they come late and are done");
    now_us += LATER_US;
    cr_expect_eq(read_none(106, 106), 9);
}

Test(emitter_window, has_a_late_row_done_before_it_moves_over_it)
{
    read_ids(100, 105, 5, 9);
    now_us += LATER_US;
    cr_expect_eq(read_none(104, 105), 0);
    cr_expect_eq(begin_ids(105, 105, 2, 2), 9, "once row 2 is answered for");
}

/* Rows of the platform have numbers too: they are not read again and again. */
Test(emitter_window, moves_over_rows_that_are_not_its_own)
{
    highest_id = 5000;
    cr_expect_eq(read_none(100, 100), 0);
    now_us += LATER_US;
    cr_expect_eq(read_none(100, 100), 5000);
    highest_id = 6000;
    cr_expect_eq(read_none(100, 100), 5000);
    now_us += LATER_US;
    cr_expect_eq(read_none(100, 100), 6000);
}

Test(emitter_window, has_no_mark_while_there_is_nothing_new)
{
    window->cursor = highest_id = 7;
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(read_none(100 + i, 100 + i), 7);
        now_us += LATER_US;
    }
    cr_expect_eq(window->mark_id, 0);
}

Test(emitter_window, reads_on_after_a_full_page_from_where_it_ended)
{
    int64_t done[1000];
    read_ids(1, 1, 1, CONTROL_WINDOW_PAGE);
    cr_expect(control_window_has_more(window));
    read_ids(1, 1, CONTROL_WINDOW_PAGE + 1, CONTROL_WINDOW_PAGE + 1);
    cr_expect_eq(window->from_id, CONTROL_WINDOW_PAGE);
    cr_expect_eq(control_window_copy_done(window, done), 1);
    cr_expect_not(control_window_has_more(window));
    control_window_begin(window);
    cr_expect_eq(window->from_id, 0, "the next sweep begins at the cursor");
    cr_expect_eq(control_window_copy_done(window, done), CONTROL_WINDOW_PAGE + 1);
}

/* The mark's transactions end while a sweep is above the place where one leaves its row. */
Test(emitter_window, does_not_trust_a_sweep_that_began_too_early)
{
    read_ids(100, 105, 1, 1); /* mark at 1 */
    now_us += LATER_US;
    int64_t full = 10 + CONTROL_WINDOW_PAGE - 1;
    cr_expect_eq(read_ids(104, 105, 10, full), 0, "104 is under way");
    cr_expect_eq(read_ids(105, 105, full + 1, full + 1), 0, "over, but its row may be below");
    cr_expect_eq(read_none(105, 105), 1, "a sweep that began after it");
}

static int64_t
fill(int64_t from)
{
    int64_t id = from;
    while (control_window_begin(window)) {
        cr_assert_leq(id - from, CONTROL_WINDOW_IDS_MAX, "the window has no bound");
        read_ids(100, 100, id, id + CONTROL_WINDOW_PAGE - 1);
        id += CONTROL_WINDOW_PAGE;
    }
    control_window_rest(window);
    return id - from;
}

Test(emitter_window, reads_no_more_when_it_is_full)
{
    cr_expect_eq(fill(1), CONTROL_WINDOW_IDS_MAX);
    cr_expect_not(control_window_has_more(window));
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX);
}

/* The first mark is of the first page; the moves make room again. */
Test(emitter_window, gets_going_again_when_it_was_full)
{
    fill(1);
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
    fill(high);
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
    fill(1);
    now_us += LATER_US;
    read_none(100, 100);
    int64_t high = 1000000;
    cr_expect_eq(begin_ids(100, 100, high, high + CONTROL_WINDOW_PAGE - 1), CONTROL_WINDOW_PAGE);
    for (int i = 0; i < 3; i++) {
        control_window_rest(window);
        cr_expect_eq(begin_ids(100, 100, 1, 0), CONTROL_WINDOW_PAGE, "it is asked for again");
        cr_expect_eq(window->reading_most, 0);
    }
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX + CONTROL_WINDOW_PAGE);
    control_window_move(window, CONTROL_WINDOW_PAGE);
    cr_expect_eq(window->done_count, CONTROL_WINDOW_IDS_MAX);
}
