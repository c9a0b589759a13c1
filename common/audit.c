/*
 *  audit - the one way into aop_audit_log, for whoever decided something
 *
 *  Every line is kept in a list until the database has it. One timer asks again
 *  for all that failed.
 */
#include "common/audit.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/service.h"
#include "common/store/link.h"

static const char sql_insert[] =
    "INSERT INTO aop_audit_log (timestamp, actor, action, target_id, details, source)"
    " VALUES ($1, $2, $3, $4, $5, 'platform')";

/* The first try may have been stored although its answer was lost. Only the end of the log is
 * searched, so that a long one costs nothing. */
static const char sql_insert_again[] =
    "INSERT INTO aop_audit_log (timestamp, actor, action, target_id, details, source)"
    " SELECT $1::timestamptz, $2::text, $3::text, $4::text, $5::text, 'platform'"
    " WHERE NOT EXISTS (SELECT 1 FROM aop_audit_log"
    " WHERE id > (SELECT coalesce(max(id), 0) - 100000 FROM aop_audit_log)"
    " AND timestamp = $1::timestamptz AND actor = $2::text AND action = $3::text"
    " AND target_id IS NOT DISTINCT FROM $4::text)";

typedef struct line {
    LIST_ENTRY(line) link;
    mc_audits_t *audits;
    int64_t time_us;
    int tries;
    bool is_asked;
    mc_text_t actor;
    mc_text_t action;
    mc_text_t target;
    mc_text_t details;
    char texts[];
} line_t;

struct mc_audits {
    mc_store_t *store;
    LIST_HEAD(, line) lines;
    size_t count;
    uint64_t lost;
    int timer; /* -1 for none */
    bool is_closing;
};

static mc_text_t
put(char **at, mc_text_t text)
{
    mc_text_t copy = {*at, text.size};
    if (text.size)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

static line_t *
make_line(mc_audits_t *audits, mc_text_t actor, mc_text_t action, mc_text_t target,
          mc_text_t details)
{
    line_t *line = malloc(sizeof *line + actor.size + action.size + target.size + details.size);
    if (!line)
        mc_fatal("out of memory");
    *line = (line_t){.audits = audits, .time_us = mc_clock_us()};
    char *at = line->texts;
    line->actor = put(&at, actor);
    line->action = put(&at, action);
    line->target = put(&at, target);
    line->details = put(&at, details);
    return line;
}

static void
drop(line_t *line)
{
    LIST_REMOVE(line, link);
    line->audits->count--;
    free(line);
}

static void
ask(mc_store_t *store, const line_t *line, mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = mc_arena_new()};
    mc_store_param_time(&params, line->time_us);
    mc_store_param_text(&params, line->actor);
    mc_store_param_text(&params, line->action);
    mc_store_param_text_or_null(&params, line->target);
    mc_store_param_text_or_null(&params, line->details);
    mc_store_ask(store, line->tries > 1 ? sql_insert_again : sql_insert, &params, answer, arg);
    mc_arena_destroy(&params.arena);
}

static void on_stored(void *arg, const PGresult *result, const mc_refusal_t *refusal);

static void
try_line(line_t *line)
{
    line->tries++;
    line->is_asked = true;
    ask(line->audits->store, line, on_stored, line);
}

static void
try_again(void *arg)
{
    mc_audits_t *self = arg;
    line_t *line;
    self->timer = -1;
    LIST_FOREACH(line, &self->lines, link)
    {
        if (!line->is_asked)
            try_line(line);
    }
}

static void
on_stored(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    (void)result;
    line_t *line = arg;
    mc_audits_t *self = line->audits;
    line->is_asked = false;
    bool may_pass = refusal && refusal->code != MC_INTERNAL_ERROR;
    if (!may_pass || line->tries == MC_AUDIT_TRIES_MAX || self->is_closing) {
        self->lost += refusal ? 1 : 0;
        drop(line);
    } else if (self->timer == -1) {
        self->timer =
            mc_service_after(mc_store_service(self->store), MC_AUDIT_RETRY_MS, try_again, self);
    }
}

void
mc_audit(mc_store_t *store, mc_text_t actor, mc_text_t action, mc_text_t target, mc_text_t details)
{
    mc_audits_t *self = mc_store_audits(store);
    if (self->count == MC_AUDIT_WAITING_MAX) {
        self->lost++;
        return;
    }
    line_t *line = make_line(self, actor, action, target, details);
    LIST_INSERT_HEAD(&self->lines, line, link);
    self->count++;
    try_line(line);
}

void
mc_audit_then(mc_store_t *store, mc_text_t actor, mc_text_t action, mc_text_t target,
              mc_text_t details, mc_store_answer_fn *answer, void *arg)
{
    line_t *line = make_line(NULL, actor, action, target, details);
    ask(store, line, answer, arg);
    free(line);
}

uint64_t
mc_audit_lost(const mc_store_t *store)
{
    return mc_store_audits((mc_store_t *)store)->lost;
}

mc_audits_t *
mc_audits_new(mc_store_t *store)
{
    mc_audits_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->store = store;
    self->timer = -1;
    LIST_INIT(&self->lines);
    return self;
}

void
mc_audits_close(mc_audits_t *self)
{
    self->is_closing = true;
    if (self->timer != -1)
        mc_service_cancel(mc_store_service(self->store), self->timer);
}

void
mc_audits_destroy(mc_audits_t **address)
{
    mc_audits_t *self = mc_take(address);
    if (!self)
        return;
    line_t *line = LIST_FIRST(&self->lines);
    while (line) {
        line_t *next = LIST_NEXT(line, link);
        free(line);
        line = next;
    }
    free(self);
}
