/*
 *  test_remembered - decisions are read as they were made, whatever became of what they were made
 * of
 */
#include "proto/codec.h"
#include "routing_case.h"
#include "services/router/remembered.h"

static const char *const asked[] = {"auto", "m", "free/unheard", "tier:3"};

/* The record as JSON, in the arena of the case. */
static const char *
print(case_t *self, const mc_route_decision_t *record)
{
    mc_buffer_t out = {0};
    mc_write_json(&mc_route_decision_shape, record, &out);
    const char *text = mc_arena_text(self->arena, mc_buffer_content(&out)).data;
    mc_buffer_clear(&out);
    return text;
}

static const char *
read_back(case_t *self, const router_remembered_t *place)
{
    mc_route_decision_t record = {0};
    cr_assert(router_remembered_read(place, self->arena, &record));
    return print(self, &record);
}

/* Decides in memory of its own, which is gone when it returns: what the record said. */
static const char *
decide_and_keep(case_t *self, const char *model, router_remembered_t *place)
{
    mc_arena_t *brief = mc_arena_new();
    router_decision_t decision;
    mc_route_decision_t record;
    router_need_t need = case_need(mc_arena_text(brief, mc_text(model)).data);
    need.persona = mc_arena_text(brief, MC_TEXT("nobody"));
    (void)!router_decide(self->routing, self->registry, &need, 100 * SECOND, brief, &decision,
                         &self->refusal);
    router_remembered_keep(place, self->registry, &decision, &need);
    router_decision_record(&decision, &need, brief, &record);
    const char *text = print(self, &record);
    mc_arena_destroy(&brief);
    return text;
}

Test(remembered, is_read_as_it_was_made)
{
    case_t self = case_open(CASE_FILE);
    router_remembered_t place = {.id = ""};
    for (size_t i = 0; i < MC_COUNT(asked); i++) {
        const char *made = decide_and_keep(&self, asked[i], &place);
        cr_expect_str_eq(read_back(&self, &place), made, "%s", asked[i]);
    }
    router_remembered_clear(&place);
    case_close(&self);
}

Test(remembered, outlives_its_registry_once_it_is_settled)
{
    case_t self = case_open(CASE_FILE);
    router_remembered_t places[MC_COUNT(asked)] = {{.id = ""}};
    const char *made[MC_COUNT(asked)];
    for (size_t i = 0; i < MC_COUNT(asked); i++)
        made[i] = decide_and_keep(&self, asked[i], &places[i]);
    for (size_t i = 0; i < MC_COUNT(asked); i++)
        router_remembered_settle(&places[i]);
    router_routing_take(self.routing, NULL);
    for (size_t i = 0; i < MC_COUNT(asked); i++) {
        cr_expect_str_eq(read_back(&self, &places[i]), made[i], "%s", asked[i]);
        router_remembered_settle(&places[i]);
        router_remembered_clear(&places[i]);
    }
    case_close(&self);
}

Test(remembered, an_empty_place_has_no_decision)
{
    case_t self = case_open(CASE_FILE);
    mc_route_decision_t record;
    router_remembered_t place = {.id = ""};
    cr_expect_not(router_remembered_read(&place, self.arena, &record));
    router_remembered_settle(&place);
    (void)decide_and_keep(&self, "auto", &place);
    router_remembered_clear(&place);
    cr_expect_not(router_remembered_read(&place, self.arena, &record));
    case_close(&self);
}

Test(remembered, a_decision_that_found_nothing_is_kept_too)
{
    case_t self = case_open(CASE_FILE);
    router_remembered_t place = {.id = ""};
    router_routing_set_secret(self.routing, MC_TEXT("k"), false);
    const char *made = decide_and_keep(&self, "keyed/m", &place);
    cr_expect(strstr(made, "no model"), "%s", made);
    cr_expect_str_eq(read_back(&self, &place), made);
    made = decide_and_keep(&self, "never-heard-of", &place);
    cr_expect_str_eq(read_back(&self, &place), made);
    router_remembered_clear(&place);
    case_close(&self);
}
