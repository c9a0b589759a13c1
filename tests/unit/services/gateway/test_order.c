/*
 *  test_order - batches given in any order come out by their ids, each id once
 */
#include "services/gateway/order.h"

#include <criterion/criterion.h>

#define PLENTY ((size_t)1 << 20)

static int
put(gateway_order_t *order, int64_t after, int64_t last, int64_t since_us)
{
    gateway_batch_t batch = {.after = after, .last = last, .since_us = since_us};
    mc_buffer_string(&batch.frames, "frames");
    int result = gateway_order_put(order, &batch);
    cr_expect_null(batch.frames.data, "the frames are taken");
    return result;
}

static bool
next_is(gateway_order_t *order, int64_t after, int64_t last, int64_t seen)
{
    gateway_batch_t batch;
    int64_t was_seen;
    if (!gateway_order_next(order, &batch, &was_seen))
        return false;
    mc_buffer_clear(&batch.frames);
    return batch.after == after && batch.last == last && was_seen == seen;
}

static bool
is_empty(gateway_order_t *order)
{
    gateway_batch_t batch;
    int64_t seen;
    return !gateway_order_next(order, &batch, &seen);
}

Test(order, every_order_of_four_batches_comes_out_the_same)
{
    static const int64_t ends[] = {10, 13, 20, 21, 40};
    for (int permutation = 0; permutation < 256; permutation++) {
        int picks[4], mask = 0;
        for (int i = 0; i < 4; i++) {
            picks[i] = (permutation >> (2 * i)) & 3;
            mask |= 1 << picks[i];
        }
        if (mask != 15)
            continue;
        gateway_order_t order;
        int64_t at = 10;
        gateway_order_init(&order, PLENTY);
        gateway_order_start(&order, 10);
        for (int i = 0; i < 4; i++) {
            gateway_batch_t batch;
            int64_t seen;
            cr_expect_eq(put(&order, ends[picks[i]], ends[picks[i] + 1], 0), 0);
            while (gateway_order_next(&order, &batch, &seen)) {
                cr_expect_eq(batch.after, at, "permutation %d", permutation);
                at = batch.last;
                mc_buffer_clear(&batch.frames);
            }
        }
        cr_expect_eq(at, 40, "permutation %d", permutation);
        cr_expect_eq(order.count, 0);
        gateway_order_clear(&order);
    }
}

Test(order, drops_what_was_given_out_before)
{
    gateway_order_t order;
    gateway_order_init(&order, PLENTY);
    gateway_order_start(&order, 100);
    cr_expect_eq(put(&order, 90, 100, 0), GATEWAY_ORDER_OLD);
    cr_expect_eq(put(&order, 100, 110, 0), 0);
    cr_expect(next_is(&order, 100, 110, 100));
    cr_expect_eq(put(&order, 100, 110, 0), GATEWAY_ORDER_OLD);
    cr_expect(is_empty(&order));
}

Test(order, says_how_much_of_an_overlap_was_seen)
{
    gateway_order_t order;
    gateway_order_init(&order, PLENTY);
    gateway_order_start(&order, 105);
    cr_expect_eq(put(&order, 100, 110, 0), 0);
    cr_expect(next_is(&order, 100, 110, 105));
    cr_expect_eq(order.at, 110);
}

Test(order, a_gap_is_told_once_it_is_old_enough)
{
    gateway_order_t order;
    int64_t after = -1, upto = -1;
    gateway_order_init(&order, PLENTY);
    gateway_order_start(&order, 10);
    cr_expect(!gateway_order_gap(&order, 1000, 0, &after, &upto), "nothing is held");
    cr_expect_eq(put(&order, 20, 30, 1000), 0);
    cr_expect_eq(put(&order, 15, 20, 1200), 0);
    cr_expect(is_empty(&order));
    cr_expect(!gateway_order_gap(&order, 1300, 150, &after, &upto));
    cr_expect(gateway_order_gap(&order, 1350, 150, &after, &upto));
    cr_expect_eq(after, 10);
    cr_expect_eq(upto, 15);

    cr_expect_eq(put(&order, 10, 15, 1400), 0);
    cr_expect(next_is(&order, 10, 15, 10));
    cr_expect(next_is(&order, 15, 20, 15));
    cr_expect(next_is(&order, 20, 30, 20));
    cr_expect(!gateway_order_gap(&order, 9999, 0, &after, &upto));
}

Test(order, moving_on_drops_what_lies_behind)
{
    gateway_order_t order;
    gateway_order_init(&order, PLENTY);
    gateway_order_start(&order, 10);
    cr_expect_eq(put(&order, 20, 30, 0), 0);
    cr_expect_eq(put(&order, 40, 50, 0), 0);
    gateway_order_start(&order, 40);
    cr_expect_eq(order.count, 1);
    cr_expect(next_is(&order, 40, 50, 40));
}

Test(order, holds_a_bounded_number_and_then_lets_all_go)
{
    gateway_order_t order;
    gateway_order_init(&order, PLENTY);
    for (int64_t i = 0; i < GATEWAY_HELD_MAX; i++)
        cr_expect_eq(put(&order, 10 + 2 * i, 11 + 2 * i, 0), 0);
    cr_expect_eq(put(&order, 5, 6, 0), GATEWAY_ORDER_FULL);
    cr_expect_eq(order.count, 0);
    cr_expect_eq(order.bytes, 0);
}

Test(order, holds_a_bounded_number_of_bytes)
{
    gateway_order_t order;
    gateway_order_init(&order, 13);
    cr_expect_eq(put(&order, 10, 11, 0), 0);
    cr_expect_eq(put(&order, 12, 13, 0), 0);
    cr_expect_eq(put(&order, 14, 15, 0), GATEWAY_ORDER_FULL);
    cr_expect_eq(order.count, 0);
}

Test(order, the_next_in_order_is_taken_however_much_is_held)
{
    gateway_order_t order;
    gateway_order_init(&order, 3);
    gateway_order_start(&order, 10);
    cr_expect_eq(put(&order, 10, 20, 0), 0, "larger than everything that may be held");
    cr_expect(next_is(&order, 10, 20, 10));

    gateway_order_clear(&order);
    gateway_order_init(&order, PLENTY);
    for (int64_t i = 0; i < GATEWAY_HELD_MAX; i++)
        cr_expect_eq(put(&order, 10 + 2 * i, 11 + 2 * i, 0), 0);
    cr_expect_eq(put(&order, 0, 10, 0), 0);
    cr_expect(next_is(&order, 0, 10, 0));
    cr_expect(next_is(&order, 10, 11, 10));
    gateway_order_clear(&order);
}
