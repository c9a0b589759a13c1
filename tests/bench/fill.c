/*
 *  fill - events of a long life into a table, as fast as PostgreSQL takes them
 *
 *      fill CONNECTION TABLE FIRST COUNT START_US SPAN_US
 *
 *  Event number n always comes out the same but for its uid. 200 events make a
 *  run; some 400 runs are under way at a time; roots differ in size by a hundred
 *  times. Each field that can be filtered by has common values, and one that is
 *  in one event of RARE, scattered over all time and all runs. What the events add
 *  to their blocks of ids is written too.
 */
#include <string.h>

#include "common/event_blocks.h"
#include "copying.h"
#include "rows.h"

#define ROOTS 2000
#define EVENTS_PER_RUN 200
#define RUNS_AT_A_TIME 400
#define RARE 100000
#define BATCH 20000

/* Splitmix64: the same for the same n and salt, and otherwise without a pattern. */
static uint64_t
mixed(uint64_t n, uint64_t salt)
{
    uint64_t z = n + salt * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Root 0 has some two in a hundred of all runs, the last one a hundredth of that. */
static uint64_t
root_of(uint64_t run)
{
    double place = (double)(mixed(run, 1) >> 11) / (double)(UINT64_C(1) << 53);
    return (uint64_t)(ROOTS * place * place);
}

/* A word of so many, the same for the whole subject; or the rare one, by event. */
static mc_text_t
word(char *out, const char *name, uint64_t subject, uint64_t event, uint64_t salt, unsigned words)
{
    if (mixed(event, salt + 100) % RARE == 0)
        snprintf(out, BENCH_TEXT_MAX, "%s-rare", name);
    else
        snprintf(out, BENCH_TEXT_MAX, "%s-%llu", name,
                 (unsigned long long)(mixed(subject, salt) % words));
    return mc_text(out);
}

typedef struct {
    bench_row_t row;
    char words[9][BENCH_TEXT_MAX];
} texts_t;

static void
set_state(mc_agent_event_t *event, texts_t *texts, uint64_t n, uint64_t run)
{
    uint64_t chance = mixed(n, 20) % 1000;
    const char *status = chance < 20 ? "failed" : chance < 300 ? "completed" : "executing";
    if (mixed(n, 21) % RARE == 0)
        status = "paused";
    uint64_t tier = mixed(run, 22) % 100;
    mc_set(event, agent_event, status, mc_text(status));
    mc_set(event, agent_event, tier, tier < 2 ? 1 : tier < 15 ? 2 : 3);
    mc_set(event, agent_event, phase, MC_TEXT("progress"));
    mc_set(event, agent_event, is_part, true);
    mc_set(event, agent_event, action, word(texts->words[0], "tool.call", n, n, 2, 12));
    mc_set(event, agent_event, actor, word(texts->words[1], "tier3_worker", run, n, 3, 400));
}

static void
set_facets(mc_agent_event_t *event, texts_t *texts, uint64_t n, uint64_t run)
{
    char(*words)[BENCH_TEXT_MAX] = texts->words;
    mc_set(event, agent_event, provider, word(words[2], "provider", run, n, 4, 5));
    mc_set(event, agent_event, model_id, word(words[3], "model", run, n, 5, 12));
    mc_set(event, agent_event, persona, word(words[4], "persona", run, n, 6, 30));
    mc_set(event, agent_event, skill, word(words[5], "skill", run, n, 7, 60));
    mc_set(event, agent_event, mcp_server, word(words[6], "server", n, n, 8, 12));
    mc_set(event, agent_event, mcp_tool, word(words[7], "tool", n, n, 9, 60));
}

static void
set_usage(mc_agent_event_t *event, texts_t *texts, uint64_t n)
{
    bench_row_t *row = &texts->row;
    const char *what = mixed(n, 30) % RARE == 0 ? "needle" : "part";
    snprintf(row->message, sizeof row->message, "read src/%s_%llu.c lines 1..%llu", what,
             (unsigned long long)(mixed(n, 31) % 997), (unsigned long long)(n % 443));
    snprintf(row->payload, sizeof row->payload,
             "{\"args\":{\"path\":\"src/%s_%llu.c\",\"mode\":\"r\"},\"result\":{\"lines\":%llu,"
             "\"text\":\"static const char *const names[] = { one, two, three };\"}}",
             what, (unsigned long long)(mixed(n, 31) % 997), (unsigned long long)(n % 443));
    mc_set(event, agent_event, message, mc_text(row->message));
    mc_set(event, agent_event, payload_json, mc_text(row->payload));
    mc_set(event, agent_event, latency_ms, (int64_t)(mixed(n, 32) % 1900));
    mc_set(event, agent_event, tokens_in, (int64_t)(mixed(n, 33) % 2000));
    mc_set(event, agent_event, tokens_out, (int64_t)(mixed(n, 34) % 300));
    mc_set(event, agent_event, cost_usd, (int64_t)(mixed(n, 35) % 5000) * 1000);
}

static mc_agent_event_t
make_event(texts_t *texts, uint64_t n)
{
    mc_agent_event_t event = {0};
    bench_row_t *row = &texts->row;
    uint64_t run = n / EVENTS_PER_RUN + mixed(n, 0) % RUNS_AT_A_TIME;
    snprintf(row->root, sizeof row->root, "root-%04llu", (unsigned long long)root_of(run));
    snprintf(row->run, sizeof row->run, "run-%06llu", (unsigned long long)run);
    snprintf(row->task, sizeof row->task, "task-%06llu", (unsigned long long)run);
    mc_set(&event, agent_event, id, (int64_t)n + 1);
    mc_set(&event, agent_event, event_uid, mc_uuid_new());
    mc_set(&event, agent_event, root_task_id, mc_text(row->root));
    mc_set(&event, agent_event, run_id, mc_text(row->run));
    mc_set(&event, agent_event, task_id, mc_text(row->task));
    mc_set(&event, agent_event, source, MC_TEXT("native"));
    set_state(&event, texts, n, run);
    set_facets(&event, texts, n, run);
    set_usage(&event, texts, n);
    return event;
}

/* What is known of the block that is being filled. */
typedef struct {
    int64_t block;
    int64_t first_us;
    int64_t last_us;
    mc_event_block_t signature;
} block_t;

static void
store_block(PGconn *connection, const block_t *block)
{
    static char text[2 * sizeof block->signature.bytes + 2] = "x";
    char sql[256];
    const char *values[] = {text};
    for (size_t i = 0; i < sizeof block->signature.bytes; i++)
        snprintf(text + 1 + 2 * i, 3, "%02x", block->signature.bytes[i]);
    snprintf(sql, sizeof sql,
             "INSERT INTO aop_event_blocks AS b SELECT %lld, $1::text::bit(%d), %lld, %lld"
             " ON CONFLICT (block) DO UPDATE SET signature = b.signature | EXCLUDED.signature",
             (long long)block->block, MC_EVENT_BLOCK_BITS, (long long)block->first_us,
             (long long)block->last_us);
    PGresult *result = PQexecParams(connection, sql, 1, NULL, values, NULL, NULL, 0);
    bench_must(connection, PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
}

static void
add_to_block(PGconn *connection, block_t *block, const mc_agent_event_t *event)
{
    if (mc_event_block_of(event->id) != block->block) {
        store_block(connection, block);
        *block = (block_t){.block = mc_event_block_of(event->id), .first_us = event->ts};
    }
    block->last_us = event->ts;
    mc_event_block_add(&block->signature, event);
}

int
main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "fill CONNECTION TABLE FIRST COUNT START_US SPAN_US\n");
        return 2;
    }
    uint64_t first = strtoull(argv[3], NULL, 10), count = strtoull(argv[4], NULL, 10);
    int64_t start_us = strtoll(argv[5], NULL, 10), span_us = strtoll(argv[6], NULL, 10);
    bench_copy_t copy;
    texts_t texts;
    bench_copy_open(&copy, argv[1], argv[2], &mc_agent_event_shape);
    bench_copy_begin(&copy);
    block_t block = {.block = mc_event_block_of((int64_t)first + 1), .first_us = start_us};
    for (uint64_t i = 0; i < count; i++) {
        mc_agent_event_t event = make_event(&texts, first + i);
        int64_t ts = start_us + (int64_t)((double)span_us * (double)i / (double)count);
        mc_set(&event, agent_event, ts, ts);
        mc_set(&event, agent_event, received_at, ts);
        mc_copy_row(&copy.columns, &event, &copy.rows);
        add_to_block(copy.connection, &block, &event);
        if ((i + 1) % BATCH == 0) {
            bench_copy_end(&copy);
            bench_copy_begin(&copy);
        }
    }
    bench_copy_end(&copy);
    store_block(copy.connection, &block);
    printf("{\"rows\":%llu}\n", (unsigned long long)count);
    bench_copy_close(&copy);
    return 0;
}
