/*
 *  run_verdict - what the platform wants of a run, as the control stream tells it
 */
#include "run_verdict.h"

#include <stdio.h>

#include "common/error.h"

#define GRACE_S_MAX 86400

static const char *const verdict_names[] = {
#define VERDICT_NAME(NAME, word) [MISSIONCTL_VERDICT_##NAME] = word,
    MISSIONCTL_VERDICTS(VERDICT_NAME)};

static const struct {
    const char *name;
    bool freezes;
    bool closes;
} modes[] = {
#define MODE_ROW(NAME, word, does_freeze, does_close)                                              \
    [MISSIONCTL_MODE_##NAME] = {word, does_freeze, does_close},
    MISSIONCTL_MODES(MODE_ROW)};

const char *
missionctl_verdict_name(missionctl_verdict_kind_t kind)
{
    return verdict_names[kind];
}

const char *
missionctl_mode_name(missionctl_mode_t mode)
{
    return modes[mode].name;
}

bool
missionctl_mode_freezes(missionctl_mode_t mode)
{
    return modes[mode].freezes;
}

bool
missionctl_mode_closes(missionctl_mode_t mode)
{
    return modes[mode].closes;
}

static bool
find_text(mc_json_t data, const char *name, mc_text_t *ret_text)
{
    mc_json_t value;
    if (!mc_json_find(data, name, &value) || mc_json_kind(value) != MC_JSON_STRING)
        return false;
    *ret_text = mc_json_text(value);
    return true;
}

static bool
find_number(mc_json_t data, const char *name, double *ret_number)
{
    mc_json_t value;
    if (!mc_json_find(data, name, &value))
        return false;
    mc_json_kind_t kind = mc_json_kind(value);
    if (kind != MC_JSON_INTEGER && kind != MC_JSON_DOUBLE)
        return false;
    *ret_number = mc_json_f64(value);
    return true;
}

static int
read_kind(mc_json_t data, missionctl_verdict_t *verdict)
{
    mc_text_t word = {0};
    if (!find_text(data, "verdict", &word))
        return mc_fail("a hold has no verdict");
    for (size_t i = 0; i < MC_COUNT(verdict_names); i++)
        if (mc_text_is(word, verdict_names[i])) {
            verdict->kind = (missionctl_verdict_kind_t)i;
            return 0;
        }
    return mc_fail("\"%.*s\" is no verdict", (int)(word.size < 64 ? word.size : 64), word.data);
}

/* A mode that is not known freezes: too much is held rather than too little. */
static missionctl_mode_t
read_mode(mc_json_t data)
{
    mc_text_t word = {0};
    if (!find_text(data, "mode", &word))
        return MISSIONCTL_MODE_BOUNDARY;
    for (size_t i = 0; i < MC_COUNT(modes); i++)
        if (mc_text_is(word, modes[i].name))
            return (missionctl_mode_t)i;
    return MISSIONCTL_MODE_NOW;
}

int
missionctl_verdict_read(mc_json_t data, const char *run_id, missionctl_verdict_t *ret_verdict)
{
    missionctl_verdict_t verdict = {.grace_s = -1};
    mc_text_t text = {0};
    double number = 0;
    if (mc_json_kind(data) != MC_JSON_OBJECT)
        return mc_fail("a hold is not an object");
    if (find_text(data, "runId", &text) && !mc_text_is(text, run_id))
        return mc_fail("a hold is for another run");
    if (read_kind(data, &verdict) == -1)
        return -1;
    verdict.mode = read_mode(data);
    if (find_number(data, "epoch", &number))
        verdict.epoch = (int64_t)number;
    if (find_text(data, "receiptId", &text))
        snprintf(verdict.receipt_id, sizeof verdict.receipt_id, "%.*s", MC_FMT(text));
    if (find_text(data, "reason", &text))
        snprintf(verdict.reason, sizeof verdict.reason, "%.*s", MC_FMT(text));
    if (find_number(data, "graceSeconds", &number) && number >= 0)
        verdict.grace_s = number > GRACE_S_MAX ? GRACE_S_MAX : (int64_t)number;
    if (find_number(data, "until", &number) && number > 0 && number < 9e12)
        verdict.until_us = (int64_t)(number * 1e6);
    if (find_number(data, "untilUs", &number) && number > 0 && number < 9e18)
        verdict.until_us = (int64_t)number;
    if (find_text(data, "onExpiry", &text))
        verdict.is_stop_at_end = mc_text_is(text, "stop");
    *ret_verdict = verdict;
    return 0;
}

bool
missionctl_verdict_is_same(const missionctl_verdict_t *self, const missionctl_verdict_t *other)
{
    return self->kind == other->kind && self->mode == other->mode && self->epoch == other->epoch &&
           !strcmp(self->receipt_id, other->receipt_id);
}
