/*
 *  spender - a router that does nothing but spend: for tests of budgets
 *
 *      spender settle|hold|half [NAME=VALUE]...
 *
 *  Reserves count calls at once, prints a line of JSON for each: {"granted": id,
 *  "tokens": amount} or {"refused": code}, and {"all": count} when every one was
 *  answered. Then it settles what was granted, prints {"settled": count} and ends;
 *  or holds all or half of it until it is killed, or reads a line: then it settles
 *  the rest and ends. Names: task, root, actor, key; count, tokens, tokens_least,
 *  usd, usd_least (in billionths), ms, used (percent of what was granted), grace.
 *  Settings come as for a service; give it an AOP_INSTANCE of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/budget_lease.h"
#include "common/error.h"
#include "common/ids.h"

typedef enum { SETTLE, HOLD, HALF } how_t;

typedef struct {
    mc_bus_t *bus;
    mc_budget_lease_t *lease;
    char **words; /* NAME=VALUE, ends in NULL */
    how_t how;
    long count;
    long answered;
    long granted;
    long settled;
    bool is_told; /* what was settled */
    bool is_ending;
    mc_budget_need_t need;
    int64_t percent;
    mc_budget_call_t **calls; /* granted */
} spender_t;

typedef struct {
    spender_t *self;
    char id[MC_UUID_TEXT_SIZE];
} attempt_t;

static const char *
value_of(const spender_t *self, const char *name)
{
    size_t size = strlen(name);
    for (char **word = self->words; *word; word++)
        if (!strncmp(*word, name, size) && (*word)[size] == '=')
            return *word + size + 1;
    return "";
}

static int64_t
number_of(const spender_t *self, const char *name, int64_t fallback)
{
    const char *value = value_of(self, name);
    return *value ? strtoll(value, NULL, 10) : fallback;
}

static void
take_answer(attempt_t *attempt, mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    spender_t *self = attempt->self;
    self->answered++;
    if (refusal) {
        printf("{\"refused\":\"%s\"}\n", mc_error_row((mc_error_code_t)refusal->code)->name);
    } else {
        int64_t tokens = mc_budget_call_granted(call, MC_BUDGET_TOKENS);
        printf("{\"granted\":\"%s\",\"tokens\":%lld}\n", attempt->id,
               (long long)(tokens == INT64_MAX ? -1 : tokens));
        self->calls[self->granted++] = call;
    }
    if (self->answered == self->count)
        printf("{\"all\":%ld}\n", self->count);
    fflush(stdout);
}

static void
on_answer(void *arg, mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    take_answer(arg, call, refusal);
}

static int64_t
used_of(const spender_t *self, const mc_budget_call_t *call, mc_budget_unit_t unit, int64_t need)
{
    int64_t granted = mc_budget_call_granted(call, unit);
    return (granted < need ? granted : need) * self->percent / 100;
}

static void
settle_up_to(spender_t *self, long count)
{
    for (; self->settled < count; self->settled++) {
        mc_budget_call_t *call = self->calls[self->settled];
        mc_budget_use_t use = {
            .tokens = used_of(self, call, MC_BUDGET_TOKENS, self->need.tokens),
            .usd = used_of(self, call, MC_BUDGET_USD, self->need.usd),
            .duration_ms = used_of(self, call, MC_BUDGET_SECONDS, self->need.duration_ms),
            .requests = 1,
        };
        (void)mc_budget_call_meter(call, &use);
        mc_budget_settle(&call, &use);
    }
}

static int
on_tick(zloop_t *loop, int timer, void *arg)
{
    spender_t *self = arg;
    (void)loop;
    (void)timer;
    mc_budget_lease_tick(self->lease);
    if (self->answered < self->count)
        return 0;
    if (self->is_ending || self->how == SETTLE) {
        settle_up_to(self, self->granted);
        mc_budget_lease_leave(self->lease);
        return mc_budget_lease_unsettled(self->lease) ? 0 : -1;
    }
    if (self->how == HALF) {
        settle_up_to(self, (self->granted + 1) / 2);
        if (!mc_budget_lease_unsettled(self->lease) && !self->is_told) {
            self->is_told = true;
            printf("{\"settled\":%ld}\n", self->settled);
            fflush(stdout);
        }
    }
    return 0;
}

static int
on_line(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    spender_t *self = arg;
    char line[64];
    if (read(STDIN_FILENO, line, sizeof line) > 0)
        self->is_ending = true;
    zloop_poller_end(loop, item);
    return 0;
}

static void
reserve_all(spender_t *self, attempt_t *attempts)
{
    for (long i = 0; i < self->count; i++) {
        mc_budget_call_t *call;
        attempts[i].self = self;
        mc_uuid_print(mc_uuid_new(), attempts[i].id);
        mc_budget_question_t question = {
            .call_id = mc_text(attempts[i].id),
            .who = {.task_id = mc_text(value_of(self, "task")),
                    .root_task_id = mc_text(value_of(self, "root")),
                    .actor = mc_text(value_of(self, "actor")),
                    .key_id = mc_text(value_of(self, "key"))},
            .need = self->need,
            .timeout_ms = 30000,
        };
        if (mc_budget_reserve(self->lease, &question, on_answer, &attempts[i], &call) == 0)
            take_answer(&attempts[i], call, NULL);
    }
}

static void
read_words(spender_t *self, char **argv)
{
    self->how = !strcmp(argv[1], "hold") ? HOLD : !strcmp(argv[1], "half") ? HALF : SETTLE;
    self->words = argv + 2;
    self->count = (long)number_of(self, "count", 1);
    self->percent = number_of(self, "used", 100);
    mc_budget_need_t *need = &self->need;
    need->tokens = number_of(self, "tokens", 0);
    need->tokens_least = number_of(self, "tokens_least", need->tokens);
    need->usd = number_of(self, "usd", 0);
    need->usd_least = number_of(self, "usd_least", need->usd);
    need->duration_ms = number_of(self, "ms", 0);
    need->is_grace = number_of(self, "grace", 0);
}

/* What is left of a budget when this comes to its end, it has used and given back. */
static void
run(spender_t *self, zloop_t *loop, attempt_t *attempts)
{
    zmq_pollitem_t input = {.fd = STDIN_FILENO, .events = ZMQ_POLLIN};
    if (self->how != SETTLE)
        zloop_poller(loop, &input, on_line, self);
    reserve_all(self, attempts);
    zloop_timer(loop, 20, 0, on_tick, self);
    zloop_start(loop);
    printf("{\"settled\":%ld}\n", self->settled);
}

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    zsys_handler_set(NULL);
    mc_settings_t *settings = mc_settings_new();
    zloop_t *loop = zloop_new();
    spender_t self = {0};
    read_words(&self, argv);
    self.bus = settings ? mc_bus_new(loop, settings, "router", NULL) : NULL;
    if (!self.bus) {
        fprintf(stderr, "spender: %s\n", mc_error());
        return 1;
    }
    mc_budget_lease_options_t options = {.bus = self.bus, .holder = settings->instance};
    self.lease = mc_budget_lease_new(&options);
    self.calls = calloc((size_t)self.count, sizeof(mc_budget_call_t *));
    attempt_t *attempts = calloc((size_t)self.count, sizeof *attempts);
    assert(self.calls && attempts);
    run(&self, loop, attempts);
    mc_bus_close(self.bus);
    mc_budget_lease_destroy(&self.lease);
    mc_bus_destroy(&self.bus);
    zloop_destroy(&loop);
    mc_settings_destroy(&settings);
    free(self.calls);
    free(attempts);
    return 0;
}
