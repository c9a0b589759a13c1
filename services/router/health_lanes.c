/*
 *  health_lanes - the lanes by number and by name, and the keys that were refused
 */
#include "services/router/health_lanes.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/utf8.h"

static char *
copy(mc_text_t text)
{
    char *string = strndup(text.data ? text.data : "", text.size);
    assert(string);
    return string;
}

/* FNV-1a over both names, with a byte between them that neither has. */
static uint32_t
hash(mc_text_t provider, mc_text_t model_id)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < provider.size; i++)
        value = (value ^ (uint8_t)provider.data[i]) * 16777619u;
    value = (value ^ 0xffu) * 16777619u;
    for (size_t i = 0; i < model_id.size; i++)
        value = (value ^ (uint8_t)model_id.data[i]) * 16777619u;
    return value;
}

static size_t
add(router_lanes_t *self, mc_text_t provider, mc_text_t model_id)
{
    router_lane_t *lane = calloc(1, sizeof *lane);
    assert(lane);
    lane->provider = copy(provider);
    lane->model_id = copy(model_id);
    lane->stats.quality = ROUTER_QUALITY_UNSEEN;
    self->all[self->count] = lane;
    return self->count++;
}

void
router_lanes_init(router_lanes_t *self)
{
    *self = (router_lanes_t){0};
    self->all = calloc(ROUTER_LANES_MAX, sizeof(router_lane_t *));
    self->changed = calloc(ROUTER_LANES_MAX, sizeof(size_t));
    assert(self->all);
    assert(self->changed);
    (void)add(self, MC_TEXT("*"), MC_TEXT("*"));
}

void
router_lanes_clear(router_lanes_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->all[i]->provider);
        free(self->all[i]->model_id);
        free(self->all[i]);
    }
    free(self->all);
    free(self->changed);
    *self = (router_lanes_t){0};
}

size_t
router_lanes_require(router_lanes_t *self, mc_text_t provider, mc_text_t model_id)
{
    size_t slot = hash(provider, model_id) % ROUTER_LANE_SLOTS;
    for (; self->slots[slot]; slot = (slot + 1) % ROUTER_LANE_SLOTS) {
        const router_lane_t *lane = self->all[self->slots[slot] - 1];
        if (mc_text_is(provider, lane->provider) && mc_text_is(model_id, lane->model_id))
            return self->slots[slot] - 1u;
    }
    if (self->count == ROUTER_LANES_MAX)
        return 0;
    size_t lane = add(self, provider, model_id);
    self->slots[slot] = (uint16_t)(lane + 1);
    return lane;
}

void
router_lanes_mark(router_lanes_t *self, size_t lane)
{
    if (self->all[lane]->is_changed || lane == 0)
        return;
    self->all[lane]->is_changed = true;
    self->changed[self->changed_count++] = lane;
}

void
router_lane_set_error(router_lane_t *self, mc_text_t error)
{
    mc_text_t cut = mc_utf8_cut(error, sizeof self->error - 1);
    snprintf(self->error, sizeof self->error, "%.*s", MC_FMT(cut));
}

size_t
router_health_take_changed(router_health_t *self, size_t *ret_lanes, size_t max)
{
    router_lanes_t *lanes = &self->lanes;
    size_t taken = 0;
    while (taken < max && lanes->changed_count) {
        size_t lane = lanes->changed[--lanes->changed_count];
        lanes->all[lane]->is_changed = false;
        ret_lanes[taken++] = lane;
    }
    return taken;
}

void
router_health_put_back(router_health_t *self, const size_t *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        router_lanes_mark(&self->lanes, lanes[i]);
}

/* Calls that were made before the row could be read come on top of it. */
static void
join(router_lane_stats_t *stats, const mc_model_health_t *row, int64_t cost_calls)
{
    double kept = 1;
    for (int64_t i = 0; i < stats->total_calls && kept > 1e-9; i++)
        kept *= 1 - ROUTER_HEALTH_ALPHA;
    double cost_kept = 1;
    for (int64_t i = 0; i < stats->cost_calls && cost_kept > 1e-9; i++)
        cost_kept *= 1 - ROUTER_HEALTH_ALPHA;
    if (cost_calls == 0 && stats->cost_calls)
        cost_kept = 0;
    double quality = row->quality_score + stats->quality - ROUTER_QUALITY_UNSEEN;
    *stats = (router_lane_stats_t){
        .total_calls = stats->total_calls + row->total_calls,
        .success_calls = stats->success_calls + row->success_calls,
        .failed_calls = stats->failed_calls + row->failed_calls,
        .cost_calls = stats->cost_calls + cost_calls,
        .avg_latency_ms = kept * row->avg_latency_ms + (1 - kept) * stats->avg_latency_ms,
        .avg_cost_usd = cost_kept * row->avg_cost_usd + (1 - cost_kept) * stats->avg_cost_usd,
        .quality = stats->total_calls ? router_quality_clamp(quality) : row->quality_score,
    };
}

void
router_health_restore(router_health_t *self, const mc_model_health_t *row, int64_t cost_calls)
{
    size_t number = router_health_lane(self, row->provider, row->model_id);
    router_lane_t *lane = router_lanes_get(&self->lanes, number);
    if (number == 0 || (self->is_restored && row->total_calls <= lane->stats.total_calls))
        return;
    if (self->is_restored)
        lane->stats = (router_lane_stats_t){.quality = ROUTER_QUALITY_UNSEEN};
    join(&lane->stats, row, cost_calls);
    if (row->last_used_at > lane->last_used_us)
        lane->last_used_us = row->last_used_at;
    if (row->updated_at > lane->updated_us)
        lane->updated_us = row->updated_at;
    if (!lane->error[0])
        router_lane_set_error(lane, row->last_error);
}

void
router_health_restored(router_health_t *self)
{
    self->is_restored = true;
}

void
router_health_row(const router_health_t *self, size_t number, mc_model_health_t *ret_row)
{
    const router_lane_t *lane = router_lanes_get(&self->lanes, number);
    mc_model_health_t row = {0};
    mc_set(&row, model_health, provider, mc_text(lane->provider));
    mc_set(&row, model_health, model_id, mc_text(lane->model_id));
    mc_set(&row, model_health, total_calls, lane->stats.total_calls);
    mc_set(&row, model_health, success_calls, lane->stats.success_calls);
    mc_set(&row, model_health, failed_calls, lane->stats.failed_calls);
    mc_set(&row, model_health, avg_latency_ms, lane->stats.avg_latency_ms);
    mc_set(&row, model_health, avg_cost_usd, lane->stats.avg_cost_usd);
    mc_set(&row, model_health, quality_score, lane->stats.quality);
    if (lane->error[0])
        mc_set(&row, model_health, last_error, mc_text(lane->error));
    if (lane->last_used_us)
        mc_set(&row, model_health, last_used_at, lane->last_used_us);
    mc_set(&row, model_health, updated_at, lane->updated_us);
    *ret_row = row;
}

static router_refused_key_t **
find_key(const router_health_t *self, mc_text_t provider)
{
    router_refused_key_t **at = (router_refused_key_t **)&self->keys;
    while (*at && !mc_text_is(provider, (*at)->provider))
        at = &(*at)->next;
    return at;
}

void
router_health_key_refused(router_health_t *self, mc_text_t provider, mc_text_t reason)
{
    router_refused_key_t **at = find_key(self, provider);
    if (!*at) {
        *at = calloc(1, sizeof **at);
        assert(*at);
        (*at)->provider = copy(provider);
    }
    mc_text_t cut = mc_utf8_cut(reason, sizeof(*at)->reason - 1);
    snprintf((*at)->reason, sizeof(*at)->reason, "%.*s", MC_FMT(cut));
}

void
router_health_key_changed(router_health_t *self, mc_text_t provider)
{
    router_refused_key_t **at = find_key(self, provider);
    router_refused_key_t *key = *at;
    if (!key)
        return;
    *at = key->next;
    free(key->provider);
    free(key);
}

const char *
router_health_key_reason(const router_health_t *self, mc_text_t provider)
{
    if (!self->keys)
        return NULL;
    const router_refused_key_t *key = *find_key(self, provider);
    return key ? key->reason : NULL;
}

void
router_keys_clear(router_refused_key_t **keys)
{
    while (*keys) {
        router_refused_key_t *key = *keys;
        *keys = key->next;
        free(key->provider);
        free(key);
    }
}
