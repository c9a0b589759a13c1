/*
 *  test_service_loop - turns, watches and slow work in a loop
 */
#include <criterion/criterion.h>
#include <sys/eventfd.h>

#include "common/service/watches.h"
#include "common/service/work.h"
#include "common/turns.h"
#include "proto/shape.h"

static zloop_t *loop;
static mc_turns_t *turns;
static mc_watches_t *watches;
static char trace[256]; /* a letter for each thing that happened */

static void
note(char letter)
{
    size_t size = strlen(trace);
    cr_assert_lt(size, sizeof trace - 1);
    trace[size] = letter;
}

static void
open_loop(void)
{
    zsys_handler_set(NULL);
    loop = zloop_new();
    zloop_set_nonstop(loop, true);
    turns = mc_turns_new(loop);
    watches = mc_watches_new(loop);
}

static void
close_loop(void)
{
    mc_watches_destroy(&watches);
    mc_turns_destroy(&turns);
    zloop_destroy(&loop);
}

TestSuite(service_loop, .init = open_loop, .fini = close_loop, .timeout = 30);

static int
end_turn(zloop_t *self, int timer, void *arg)
{
    (void)self;
    (void)timer;
    (void)arg;
    return -1;
}

static void
end_soon(void *arg)
{
    zloop_timer(loop, 0, 1, end_turn, arg);
}

static void
note_arg(void *arg)
{
    note(*(const char *)arg);
}

static void
note_arg_ready(void *arg, int events)
{
    note(*(const char *)arg);
    (void)events;
}

static void
note_and_put_off(void *arg)
{
    note_arg(arg);
    mc_turns_at_end(turns, note_arg, "e");
    note('b');
    end_soon(NULL);
}

Test(service_loop, calls_at_the_end_of_the_turn_in_order)
{
    mc_turns_at_end(turns, note_arg, "1");
    mc_turns_at_end(turns, note_arg, "2");
    mc_turns_at_end(turns, note_and_put_off, "a");
    zloop_start(loop);
    cr_expect_str_eq(trace, "12abe");
}

static int victim;

static void
cancel_victim(void *arg)
{
    note('c');
    mc_turns_cancel(turns, victim);
    mc_turns_cancel(turns, victim);
    (void)arg;
}

Test(service_loop, does_not_ring_a_timer_that_was_cancelled_in_the_same_turn)
{
    mc_turns_after(turns, 0, cancel_victim, NULL);
    victim = mc_turns_after(turns, 0, note_arg, "v");
    mc_turns_after(turns, 1, end_soon, NULL);
    zloop_start(loop);
    cr_expect_str_eq(trace, "c");
}

static int ticks;

static void
count_to_three(void *arg)
{
    if (++ticks == 3)
        end_soon(arg);
}

Test(service_loop, rings_again_and_again)
{
    mc_turns_every(turns, 1, count_to_three, NULL);
    zloop_start(loop);
    cr_expect_geq(ticks, 3);
}

static void
drain_and_end(void *arg, int events)
{
    eventfd_t value;
    note(events & ZMQ_POLLIN ? 'r' : '-');
    note(events & ZMQ_POLLOUT ? 'w' : '-');
    eventfd_read(*(int *)arg, &value);
    end_soon(NULL);
}

Test(service_loop, tells_that_a_descriptor_is_readable_or_writable_as_asked)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    mc_watches_set(watches, fd, ZMQ_POLLIN, note_arg_ready, "x");
    mc_watches_set(watches, fd, ZMQ_POLLIN, drain_and_end, &fd);
    eventfd_write(fd, 1);
    zloop_start(loop);
    mc_watches_set(watches, fd, ZMQ_POLLIN | ZMQ_POLLOUT, drain_and_end, &fd);
    zloop_start(loop);
    mc_watches_set(watches, fd, 0, NULL, NULL);
    eventfd_write(fd, 1);
    mc_turns_after(turns, 5, end_soon, NULL);
    zloop_start(loop);
    cr_expect_eq(strncmp(trace, "r--w", 4), 0, "%s", trace);
    cr_expect_null(strchr(trace, 'x'));
    close(fd);
}

static int pipes[2][2];

/* Two are ready in one turn; the first to be told ends the other, and its number is taken anew. */
static void
end_other(void *arg, int events)
{
    size_t own = *(size_t *)arg, other = 1 - own;
    note('1');
    mc_watches_set(watches, pipes[own][0], 0, NULL, NULL);
    mc_watches_set(watches, pipes[other][0], 0, NULL, NULL);
    int number = pipes[other][0];
    close(pipes[other][0]);
    cr_assert_eq(dup2(eventfd(0, EFD_CLOEXEC), number), number);
    mc_watches_set(watches, number, ZMQ_POLLIN, note_arg_ready, "x");
    end_soon(NULL);
    (void)events;
}

Test(service_loop, does_not_take_a_new_descriptor_for_the_old_one_of_that_number)
{
    static size_t numbers[] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(pipe(pipes[i]) == 0);
        cr_assert_eq(write(pipes[i][1], "x", 1), 1);
        mc_watches_set(watches, pipes[i][0], ZMQ_POLLIN, end_other, &numbers[i]);
    }
    zloop_start(loop);
    cr_expect_str_eq(trace, "1");
}

Test(service_loop, watches_a_descriptor_again_that_was_closed_without_a_word)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    mc_watches_set(watches, fd, ZMQ_POLLIN, note_arg_ready, "x");
    close(fd);
    int again = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    cr_assert_eq(again, fd);
    mc_watches_set(watches, again, ZMQ_POLLIN | ZMQ_POLLOUT, drain_and_end, &again);
    zloop_start(loop);
    cr_expect_eq(trace[0], 'r');
    close(again);
}

static int gate; /* an eventfd that the work waits for */

static void
wait_at_gate(void *arg)
{
    eventfd_t value;
    eventfd_read(gate, &value);
    (void)arg;
}

static void
square(void *arg)
{
    *(int *)arg *= *(int *)arg;
}

static void
count_done(void *arg)
{
    if (++ticks == 3)
        end_soon(NULL);
    (void)arg;
}

Test(service_loop, works_on_a_thread_and_is_done_on_the_loop)
{
    int numbers[] = {2, 3, 4};
    mc_work_t *work = mc_work_new(watches);
    for (size_t i = 0; i < MC_COUNT(numbers); i++)
        cr_assert_eq(mc_work_add(work, square, count_done, &numbers[i]), 0);
    zloop_start(loop);
    cr_expect(numbers[0] == 4 && numbers[1] == 9 && numbers[2] == 16);
    mc_work_destroy(&work);
}

Test(service_loop, refuses_work_when_too_much_waits_and_drops_what_has_not_begun)
{
    int number = 3;
    gate = eventfd(0, EFD_CLOEXEC);
    mc_work_t *work = mc_work_new(watches);
    cr_assert_eq(mc_work_add(work, wait_at_gate, note_arg, "d"), 0);
    int added = 0;
    while (added < 1000 && mc_work_add(work, square, note_arg, &number) == 0)
        added++;
    cr_expect(added == MC_WORK_WAITING_MAX || added == MC_WORK_WAITING_MAX - 1, "%d", added);
    cr_expect_eq(mc_work_add(work, square, note_arg, &number), MC_REFUSED);
    cr_expect_eq(number, 3);
    eventfd_write(gate, 1000);
    mc_work_destroy(&work);
    cr_expect_str_eq(trace, "");
    close(gate);
}
