/*
 *  rows - the events that benches send and copy: typical sizes, few roots, many runs
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdio.h>

#include "common/clock.h"
#include "common/ids.h"
#include "proto/codec.h"

#define BENCH_ROOTS 20
#define BENCH_RUNS 500
#define BENCH_TEXT_MAX 64

/* Texts of one event; the event points into it. */
typedef struct {
    char root[BENCH_TEXT_MAX];
    char run[BENCH_TEXT_MAX];
    char task[BENCH_TEXT_MAX];
    char actor[BENCH_TEXT_MAX];
    char message[160];
    char payload[400];
} bench_row_t;

/* Event number n, with a uid and a time of its own. */
static inline mc_agent_event_t
bench_event(bench_row_t *row, uint64_t n)
{
    static const char *const models[] = {"gpt-5-nano", "gpt-5-mini", "claude-haiku-4-5",
                                         "claude-sonnet-5"};
    static const char filler[] =
        "int main(void) { return parse(stdin) ? 0 : 1; } /* the parser rejects truncated input */ "
        "static const char *const names[] = { one, two, three }; and so it goes on for a while";
    uint64_t run = n % BENCH_RUNS;
    mc_agent_event_t event = {0};
    snprintf(row->root, sizeof row->root, "root-%02llu", (unsigned long long)(run % BENCH_ROOTS));
    snprintf(row->run, sizeof row->run, "run-%06llu", (unsigned long long)run);
    snprintf(row->task, sizeof row->task, "task-%06llu", (unsigned long long)run);
    snprintf(row->actor, sizeof row->actor, "tier3_worker_%llu", (unsigned long long)(run % 40));
    snprintf(row->message, sizeof row->message, "read_file src/part_%llu.c lines 1..%llu",
             (unsigned long long)(n % 997), (unsigned long long)(n % 443));
    snprintf(row->payload, sizeof row->payload,
             "{\"args\":{\"path\":\"src/part_%llu.c\",\"mode\":\"r\"},\"result\":{\"lines\":%llu,"
             "\"text\":\"%s\"}}",
             (unsigned long long)(n % 997), (unsigned long long)(n % 443), filler);
    mc_set(&event, agent_event, event_uid, mc_uuid_new());
    mc_set(&event, agent_event, root_task_id, mc_text(row->root));
    mc_set(&event, agent_event, run_id, mc_text(row->run));
    mc_set(&event, agent_event, task_id, mc_text(row->task));
    mc_set(&event, agent_event, actor, mc_text(row->actor));
    mc_set(&event, agent_event, tier, 3);
    mc_set(&event, agent_event, action, MC_TEXT("tool.call"));
    mc_set(&event, agent_event, status, MC_TEXT("executing"));
    mc_set(&event, agent_event, phase, MC_TEXT("end"));
    mc_set(&event, agent_event, message, mc_text(row->message));
    mc_set(&event, agent_event, provider, n % 2 ? MC_TEXT("openai") : MC_TEXT("anthropic"));
    mc_set(&event, agent_event, model_id, mc_text(models[n % 4]));
    mc_set(&event, agent_event, persona, MC_TEXT("worker"));
    mc_set(&event, agent_event, mcp_server, MC_TEXT("files"));
    mc_set(&event, agent_event, mcp_tool, MC_TEXT("read_file"));
    mc_set(&event, agent_event, latency_ms, (int64_t)(n % 1900));
    mc_set(&event, agent_event, tokens_in, (int64_t)(n % 2000));
    mc_set(&event, agent_event, tokens_out, (int64_t)(n % 300));
    mc_set(&event, agent_event, cost_usd, (int64_t)(n % 5000) * 1000);
    mc_set(&event, agent_event, payload_json, mc_text(row->payload));
    mc_set(&event, agent_event, ts, mc_clock_us());
    mc_set(&event, agent_event, is_part, true);
    return event;
}

#endif
