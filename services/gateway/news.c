/*
 *  news - tasks, flags, holds and budgets for the live stream, as control and budget tell of them
 */
#include "news.h"

#include "feed.h"

static void
on_tasks(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    const mc_task_t *tasks = records.items;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed))
        return;
    for (size_t i = 0; i < records.count; i++)
        gateway_frame_task(&frames, gateway_feed_key(gateway->feed), &tasks[i]);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_flags(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed) || records.count == 0)
        return;
    gateway_frame_flags(&frames, records.items);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_receipts(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    const mc_control_receipt_t *receipts = records.items;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed))
        return;
    for (size_t i = 0; i < records.count; i++)
        gateway_frame_receipt(&frames, gateway_feed_key(gateway->feed), &receipts[i]);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_budgets(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    const mc_budget_t *budgets = records.items;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed))
        return;
    for (size_t i = 0; i < records.count; i++)
        gateway_frame_budget(&frames, gateway_feed_key(gateway->feed), &budgets[i]);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_budget_requests(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    const mc_budget_request_t *requests = records.items;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed))
        return;
    for (size_t i = 0; i < records.count; i++)
        gateway_frame_budget_request(&frames, gateway_feed_key(gateway->feed), &requests[i]);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_holds(void *arg, mc_list_t records)
{
    gateway_t *gateway = arg;
    mc_buffer_t frames = {0};
    if (!gateway_feed_ring(gateway->feed) || records.count == 0)
        return;
    gateway_frame_holds(&frames, records.items);
    gateway_feed_put(gateway->feed, &frames);
}

static void
on_holds_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    if (!refusal)
        on_holds(arg, *records);
}

/* The holds are told whole: who missed some is told all of them again. */
static void
on_holds_gap(void *arg)
{
    gateway_t *gateway = arg;
    if (gateway_feed_ring(gateway->feed))
        mc_bus_call(gateway->bus, "control", MC_MESSAGE_GET_HOLDS, (mc_list_t){0},
                    MC_BUS_TIMEOUT_MS, on_holds_answer, gateway);
}

static void
on_flags_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    if (!refusal)
        on_flags(arg, *records);
}

/* A change of flags may have been missed: they are told again as they are. */
static void
on_flags_gap(void *arg)
{
    gateway_t *gateway = arg;
    if (gateway_feed_ring(gateway->feed))
        mc_bus_call(gateway->bus, "control", MC_MESSAGE_GET_FLAGS, (mc_list_t){0},
                    MC_BUS_TIMEOUT_MS, on_flags_answer, gateway);
}

/* A change of tasks or budgets that was missed is seen when the client asks for them again. */
static void
on_tasks_gap(void *arg)
{
    (void)arg;
}

void
gateway_news_subscribe(gateway_t *gateway)
{
    mc_bus_subscribe(gateway->bus, "control", MC_MESSAGE_TASKS_CHANGED, on_tasks, on_tasks_gap,
                     gateway);
    mc_bus_subscribe(gateway->bus, "control", MC_MESSAGE_FLAGS_CHANGED, on_flags, on_flags_gap,
                     gateway);
    mc_bus_subscribe(gateway->bus, "control", MC_MESSAGE_RECEIPTS_CHANGED, on_receipts,
                     on_tasks_gap, gateway);
    mc_bus_subscribe(gateway->bus, "control", MC_MESSAGE_HOLDS_CHANGED, on_holds, on_holds_gap,
                     gateway);
    mc_bus_subscribe(gateway->bus, "budget", MC_MESSAGE_BUDGETS_CHANGED, on_budgets, on_tasks_gap,
                     gateway);
    mc_bus_subscribe(gateway->bus, "budget", MC_MESSAGE_BUDGETS_SPENT, on_budgets, on_tasks_gap,
                     gateway);
    mc_bus_subscribe(gateway->bus, "budget", MC_MESSAGE_BUDGET_REQUESTS_CHANGED, on_budget_requests,
                     on_tasks_gap, gateway);
}
