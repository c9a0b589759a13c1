/*
 *  test_boundary - calls that pass, are held, go on once, are refused or cut
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "common/boundary.h"
#include "common/bus.h"

#define CALLS 1000

typedef struct {
    mc_boundary_call_t call;
    int went_on, refused, cut;
    int code;
    bool leaves;
} call_t;

static mc_boundary_t *boundary;
static call_t calls[CALLS];
static const mc_identity_t in_r = {.root_task_id = {"r", 1}, .run_id = {"x", 1}};
static const mc_identity_t in_s = {.root_task_id = {"s", 1}};

static void
on_go_on(void *arg)
{
    ((call_t *)arg)->went_on++;
}

static void
on_refuse(void *arg, const mc_refusal_t *refusal)
{
    call_t *self = arg;
    self->refused++;
    self->code = refusal->code;
}

static void
on_cut(void *arg, const mc_refusal_t *refusal)
{
    call_t *self = arg;
    self->cut++;
    self->code = refusal->code;
    if (self->leaves)
        mc_boundary_leave(&self->call);
}

static const mc_boundary_calls_t callbacks = {on_go_on, on_refuse, on_cut};

static void
apply(const char *kind, const char *mode)
{
    static int64_t epoch;
    mc_hold_member_t old = {0};
    mc_hold_t hold = {0};
    mc_hold_set_t set = {0};
    mc_set(&old, hold_member, id, MC_TEXT("x"));
    mc_set(&hold, hold, id, ((mc_uuid_t){{1}}));
    mc_set(&hold, hold, epoch, epoch);
    mc_set(&hold, hold, scope_type, MC_TEXT("tree"));
    mc_set(&hold, hold, root_task_id, MC_TEXT("r"));
    mc_set(&hold, hold, kind, mc_text(kind));
    mc_set(&hold, hold, mode, mc_text(mode));
    if (kind && !strcmp(kind, "fence"))
        mc_set(&hold, hold, old_run_ids, mc_list_one(&old));
    mc_set(&set, hold_set, epoch, ++epoch);
    mc_set(&set, hold_set, holds, ((mc_list_t){&hold, kind ? 1 : 0}));
    mc_boundary_apply(boundary, &set);
}

static void
make(void)
{
    static const mc_boundary_limits_t limits = {
        .held_max = CALLS, .held_bytes_max = 10000, .held_us_max = INT64_C(3600000000)};
    boundary = mc_boundary_new(&limits, &callbacks);
    memset(calls, 0, sizeof calls);
}

static void
end(void)
{
    for (size_t i = 0; i < CALLS; i++)
        mc_boundary_leave(&calls[i].call);
    mc_boundary_destroy(&boundary);
}

TestSuite(boundary, .init = make, .fini = end);

static int
enter(size_t i, const mc_identity_t *identity, size_t bytes, mc_refusal_t *refusal)
{
    mc_boundary_entry_t entry = {identity, bytes, &calls[i]};
    return mc_boundary_enter(boundary, &calls[i].call, &entry, refusal);
}

Test(boundary, holds_calls_until_it_knows_the_holds)
{
    mc_refusal_t refusal;
    cr_expect_eq(enter(0, &in_r, 1, &refusal), MC_BOUNDARY_HELD);
    cr_expect(mc_boundary_is_held(&calls[0].call));
    apply(NULL, NULL);
    cr_expect_eq(calls[0].went_on, 1);
    cr_expect_eq(enter(1, &in_r, 1, &refusal), 0);
}

Test(boundary, answers_each_held_call_once_over_a_thousand_pauses)
{
    mc_refusal_t refusal;
    for (size_t i = 0; i < CALLS; i++) {
        apply("pause", "boundary");
        cr_assert_eq(enter(i, &in_r, 1, &refusal), MC_BOUNDARY_HELD);
        if (i % 2)
            apply("pause", "boundary");
        apply(NULL, NULL);
    }
    for (size_t i = 0; i < CALLS; i++) {
        cr_expect_eq(calls[i].went_on, 1);
        cr_expect_eq(calls[i].refused + calls[i].cut, 0);
    }
    cr_expect_eq(mc_boundary_counts(boundary).in_flight, CALLS);
    cr_expect_eq(mc_boundary_counts(boundary).held_bytes, 0);
}

static const struct {
    const char *what, *kind, *mode;
    int new_call, code;
    bool is_cut;
} rows[] = {
    {"boundary holds what is new and lets what flies", "pause", "boundary", MC_BOUNDARY_HELD, 0,
     false},
    {"now cuts and holds", "pause", "now", MC_BOUNDARY_HELD, MC_SCOPE_STOPPED_ERROR, true},
    {"quarantine cuts and refuses", "pause", "quarantine", MC_REFUSED, MC_SCOPE_QUARANTINED_ERROR,
     true},
    {"stop cuts and refuses", "stop", "boundary", MC_REFUSED, MC_SCOPE_STOPPED_ERROR, true},
    {"a fence cuts and refuses", "fence", "boundary", MC_REFUSED, MC_SCOPE_STOPPED_ERROR, true},
};

Test(boundary, does_what_each_verb_asks)
{
    end();
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_refusal_t refusal = {0};
        make();
        calls[0].leaves = true;
        apply(NULL, NULL);
        cr_expect_eq(enter(0, &in_r, 1, &refusal), 0);
        cr_expect_eq(enter(1, &in_s, 1, &refusal), 0);
        apply(rows[i].kind, rows[i].mode);
        cr_expect_eq(calls[0].cut, rows[i].is_cut, "%s", rows[i].what);
        if (rows[i].is_cut)
            cr_expect_eq(calls[0].code, rows[i].code, "%s", rows[i].what);
        cr_expect_eq(calls[1].cut, 0, "another tree goes on");
        cr_expect_eq(enter(2, &in_r, 1, &refusal), rows[i].new_call, "%s", rows[i].what);
        end();
    }
    make();
}

Test(boundary, refuses_what_it_holds_when_the_scope_is_stopped)
{
    mc_refusal_t refusal;
    apply("pause", "boundary");
    cr_expect_eq(enter(0, &in_r, 1, &refusal), MC_BOUNDARY_HELD);
    apply("stop", "boundary");
    cr_expect_eq(calls[0].refused, 1);
    cr_expect_eq(calls[0].code, MC_SCOPE_STOPPED_ERROR);
    apply(NULL, NULL);
    cr_expect_eq(calls[0].went_on, 0, "it is over");
}

Test(boundary, looks_again_only_when_the_holds_have_changed)
{
    mc_refusal_t refusal;
    apply(NULL, NULL);
    cr_expect_eq(enter(0, &in_r, 1, &refusal), 0);
    cr_expect_eq(mc_boundary_look(&calls[0].call, &refusal), 0);
    apply("stop", "boundary");
    cr_expect_eq(calls[0].cut, 1);
    mc_boundary_touch(&calls[0].call);
    cr_expect_eq(mc_boundary_look(&calls[0].call, &refusal), MC_REFUSED);
    mc_boundary_leave(&calls[0].call);
    mc_boundary_leave(&calls[0].call);
    cr_expect_eq(mc_boundary_look(&calls[0].call, &refusal), 0, "it has left");
}

Test(boundary, refuses_beyond_its_bounds)
{
    mc_refusal_t refusal = {0};
    apply("pause", "boundary");
    cr_expect_eq(enter(0, &in_r, 10000, &refusal), MC_BOUNDARY_HELD);
    cr_expect_eq(enter(1, &in_r, 1, &refusal), MC_REFUSED);
    cr_expect_eq(refusal.code, MC_TOO_BUSY_ERROR);
    mc_boundary_leave(&calls[0].call);
    cr_expect_eq(enter(1, &in_r, 1, &refusal), MC_BOUNDARY_HELD, "its client left");
    for (size_t i = 2; i < CALLS; i++)
        cr_expect_eq(enter(i, &in_r, 0, &refusal), MC_BOUNDARY_HELD);
    cr_expect_eq(enter(0, &in_r, 0, &refusal), MC_BOUNDARY_HELD);
    call_t more = {0};
    mc_boundary_entry_t entry = {&in_r, 0, &more};
    cr_expect_eq(mc_boundary_enter(boundary, &more.call, &entry, &refusal), MC_REFUSED);
}

static void
make_impatient(void)
{
    static const mc_boundary_limits_t limits = {
        .held_max = 2, .held_bytes_max = 2, .held_us_max = -1};
    mc_boundary_destroy(&boundary);
    boundary = mc_boundary_new(&limits, &callbacks);
}

Test(boundary, refuses_what_was_held_for_too_long)
{
    mc_refusal_t refusal;
    make_impatient();
    apply("pause", "boundary");
    cr_expect_eq(enter(0, &in_r, 1, &refusal), MC_BOUNDARY_HELD);
    mc_boundary_tick(boundary);
    cr_expect_eq(calls[0].refused, 1);
    cr_expect_eq(calls[0].code, MC_DEADLINE_PASSED_ERROR);
    apply(NULL, NULL);
    cr_expect_eq(calls[0].went_on, 0);
}

Test(boundary, says_when_nobody_has_told_it_what_is_paused)
{
    mc_refusal_t refusal;
    make_impatient();
    cr_expect_eq(enter(0, &in_r, 1, &refusal), MC_BOUNDARY_HELD);
    mc_boundary_tick(boundary);
    cr_expect_eq(calls[0].refused, 1);
    cr_expect_eq(calls[0].code, MC_SERVICE_MISSING_ERROR);
}

Test(boundary, says_which_hold_refused_a_call)
{
    mc_refusal_t refusal = {0};
    apply("stop", "now");
    cr_expect_eq(enter(0, &in_r, 1, &refusal), MC_REFUSED);
    cr_expect_str_eq(refusal.message,
                     "stopped: tree r, by hold 01000000-0000-0000-0000-000000000000");
}
