/*
 *  spender - a router that does nothing but spend: for tests of budgets
 *
 *      spender settle|hold TASK COUNT TOKENS NANOUSD [ROOT]
 *
 *  Reserves COUNT calls at once, prints a line of JSON for each: {"granted": id}
 *  or {"refused": code}, and {"all": COUNT} when every one was answered. Then it
 *  settles what was granted at its worst case and prints {"settled": count}; or
 *  holds it until it is killed. Settings come as for a service; give it an
 *  AOP_INSTANCE of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/budget_lease.h"
#include "common/error.h"
#include "common/ids.h"

typedef struct {
    mc_bus_t *bus;
    mc_budget_lease_t *lease;
    bool is_holding;
    long count;
    long answered;
    long granted;
    bool is_settled;
    mc_budget_use_t use;
    mc_budget_call_t **calls; /* granted */
} spender_t;

typedef struct {
    spender_t *self;
    char id[MC_UUID_TEXT_SIZE];
} attempt_t;

static void
take_answer(attempt_t *attempt, mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    spender_t *self = attempt->self;
    self->answered++;
    if (refusal)
        printf("{\"refused\":\"%s\",\"message\":\"%s\"}\n",
               mc_error_row((mc_error_code_t)refusal->code)->name, "");
    else
        printf("{\"granted\":\"%s\"}\n", attempt->id);
    if (call)
        self->calls[self->granted++] = call;
    if (self->answered == self->count)
        printf("{\"all\":%ld}\n", self->count);
    fflush(stdout);
}

static void
on_answer(void *arg, mc_budget_call_t *call, const mc_refusal_t *refusal)
{
    take_answer(arg, call, refusal);
}

static int
on_tick(zloop_t *loop, int timer, void *arg)
{
    spender_t *self = arg;
    (void)loop;
    (void)timer;
    mc_budget_lease_tick(self->lease);
    if (self->is_holding || self->answered < self->count)
        return 0;
    if (!self->is_settled) {
        self->is_settled = true;
        for (long i = 0; i < self->granted; i++)
            mc_budget_settle(&self->calls[i], &self->use);
        mc_budget_lease_leave(self->lease);
    }
    return mc_budget_lease_unsettled(self->lease) ? 0 : -1;
}

static void
reserve_all(spender_t *self, char **argv, attempt_t *attempts)
{
    int64_t tokens = strtoll(argv[4], NULL, 10);
    int64_t usd = strtoll(argv[5], NULL, 10);
    self->use = (mc_budget_use_t){.tokens = tokens, .usd = usd, .requests = 1};
    for (long i = 0; i < self->count; i++) {
        mc_budget_call_t *call;
        attempts[i].self = self;
        mc_uuid_print(mc_uuid_new(), attempts[i].id);
        mc_budget_question_t question = {
            .call_id = mc_text(attempts[i].id),
            .who = {.task_id = mc_text(argv[2]), .root_task_id = mc_text(argv[6])},
            .need = {.tokens = tokens, .tokens_least = tokens, .usd = usd, .usd_least = usd},
            .timeout_ms = 30000,
        };
        if (mc_budget_reserve(self->lease, &question, on_answer, &attempts[i], &call) == 0)
            take_answer(&attempts[i], call, NULL);
    }
}

int
main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    zsys_handler_set(NULL);
    mc_settings_t *settings = mc_settings_new();
    zloop_t *loop = zloop_new();
    spender_t self = {.is_holding = !strcmp(argv[1], "hold"), .count = strtol(argv[3], NULL, 10)};
    self.bus = settings ? mc_bus_new(loop, settings, "router", NULL) : NULL;
    if (!self.bus) {
        fprintf(stderr, "spender: %s\n", mc_error());
        return 1;
    }
    mc_budget_lease_options_t options = {.bus = self.bus, .holder = settings->instance};
    self.lease = mc_budget_lease_new(&options);
    self.calls = calloc((size_t)self.count, sizeof(mc_budget_call_t *));
    attempt_t *attempts = calloc((size_t)self.count, sizeof *attempts);
    if (!self.calls || !attempts)
        return 1;
    reserve_all(&self, argv, attempts);
    zloop_timer(loop, 20, 0, on_tick, &self);
    zloop_start(loop);
    printf("{\"settled\":%ld}\n", self.granted);
    mc_bus_close(self.bus);
    mc_budget_lease_destroy(&self.lease);
    mc_bus_destroy(&self.bus);
    zloop_destroy(&loop);
    mc_settings_destroy(&settings);
    free(self.calls);
    free(attempts);
    return 0;
}
