/*
 *  store - the pool: who asks what next
 *
 *  The first link is always kept open, so that we know whether the database is
 *  there; the others open when a question has to wait, and close when unused.
 */
#include "common/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/service.h"
#include "common/store/link.h"

#define TRIM_MS 20000
#define UNUSED_US INT64_C(60000000) /* then a link beyond the first is closed */
#define REASON_BYTES 512
#define CLOSING_ROUNDS_MAX 16 /* of answers that ask again, at the end */

struct mc_store {
    mc_service_t *service;
    mc_store_options_t options;
    mc_link_t *links[MC_STORE_CONNECTIONS_MAX];
    int link_count;
    struct mc_questions waiting;
    size_t waiting_count;
    struct mc_questions refused; /* to be answered at the end of the turn */
    const char *statements[MC_STORE_STATEMENTS_MAX];
    size_t statement_count;
    char reason[REASON_BYTES]; /* why connecting failed; empty when it did not */
    mc_audits_t *audits;
    int trim_timer;
    bool is_turn_end_asked;
    bool is_closing;
};

mc_service_t *
mc_store_service(mc_store_t *self)
{
    return self->service;
}

mc_audits_t *
mc_store_audits(mc_store_t *self)
{
    return self->audits;
}

int
mc_store_statement_timeout_ms(const mc_store_t *self)
{
    return self->options.statement_timeout_ms;
}

const char *
mc_store_application(const mc_store_t *self)
{
    return self->options.application;
}

size_t
mc_store_statement(mc_store_t *self, const char *sql)
{
    for (size_t i = 0; i < self->statement_count; i++)
        if (self->statements[i] == sql)
            return i;
    assert(self->statement_count < MC_STORE_STATEMENTS_MAX);
    self->statements[self->statement_count] = sql;
    return self->statement_count++;
}

const char *
mc_store_reason(const mc_store_t *self)
{
    return self->reason[0] ? self->reason : NULL;
}

void
mc_store_set_reason(mc_store_t *self, const char *reason)
{
    snprintf(self->reason, sizeof self->reason, "%s", reason ? reason : "");
}

static void
answer_refused(void *arg)
{
    mc_store_t *self = arg;
    mc_question_t *question;
    self->is_turn_end_asked = false;
    while ((question = TAILQ_FIRST(&self->refused))) {
        TAILQ_REMOVE(&self->refused, question, link);
        mc_question_answer(&question, NULL, question->refusal);
    }
}

void
mc_store_refuse_late(mc_store_t *self, mc_question_t *question, mc_error_code_t code,
                     const char *format, ...)
{
    question->refusal = calloc(1, sizeof *question->refusal);
    if (!question->refusal)
        mc_fatal("out of memory");
    question->refusal->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(question->refusal->message, sizeof question->refusal->message, format, args);
    va_end(args);
    TAILQ_INSERT_TAIL(&self->refused, question, link);
    if (self->is_turn_end_asked || self->is_closing)
        return;
    self->is_turn_end_asked = true;
    mc_service_at_turn_end(self->service, answer_refused, self);
}

static mc_question_t *
take_waiting(mc_store_t *self)
{
    mc_question_t *question = TAILQ_FIRST(&self->waiting);
    if (!question)
        return NULL;
    TAILQ_REMOVE(&self->waiting, question, link);
    self->waiting_count--;
    return question;
}

static void
refuse_waiting(mc_store_t *self)
{
    mc_question_t *question;
    while ((question = take_waiting(self)))
        mc_store_refuse_late(self, question, MC_STORE_AWAY_ERROR,
                             "the database cannot be reached: %s",
                             self->reason[0] ? self->reason : "the connection broke");
}

/* One more link for those that wait, one at a time, and not before the pause after a failure. */
static void
open_another(mc_store_t *self)
{
    for (int i = 0; i < self->link_count; i++)
        if (!mc_link_is_closed(self->links[i]) && !mc_link_is_up(self->links[i]))
            return;
    for (int i = 0; i < self->link_count; i++) {
        if (mc_link_is_closed(self->links[i])) {
            mc_link_open(self->links[i]);
            return;
        }
    }
}

static void
on_free(void *owner, mc_link_t *link)
{
    mc_store_t *self = owner;
    mc_question_t *question = take_waiting(self);
    if (question)
        mc_link_ask(link, question);
    if (self->waiting_count)
        open_another(self);
}

static void
on_lost(void *owner, mc_link_t *link)
{
    mc_store_t *self = owner;
    if (self->is_closing)
        return;
    if (!mc_store_is_up(self))
        refuse_waiting(self);
    if (link == self->links[0] || self->waiting_count)
        mc_link_open_later(link);
}

static const mc_link_owner_t pool_calls = {on_free, on_lost};

/* Closes what has not been used for a while. */
static void
trim(void *arg)
{
    mc_store_t *self = arg;
    int64_t before_us = mc_clock_steady_us() - UNUSED_US;
    for (int i = 1; i < self->link_count; i++)
        if (mc_link_is_free(self->links[i]) && mc_link_free_since_us(self->links[i]) < before_us)
            mc_link_close(self->links[i]);
    self->trim_timer = mc_service_after(self->service, TRIM_MS, trim, self);
}

mc_store_t *
mc_store_new(mc_service_t *service, const mc_store_options_t *options)
{
    assert(options->connections >= 1 && options->connections <= MC_STORE_CONNECTIONS_MAX);
    mc_store_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->service = service;
    self->options = *options;
    TAILQ_INIT(&self->waiting);
    TAILQ_INIT(&self->refused);
    self->link_count = options->connections;
    for (int i = 0; i < self->link_count; i++)
        self->links[i] = mc_link_new(self, &pool_calls, self);
    self->audits = mc_audits_new(self);
    self->trim_timer = mc_service_after(service, TRIM_MS, trim, self);
    mc_link_open(self->links[0]);
    return self;
}

/* Who is refused may ask again in his answer, and is refused again; but not for ever. */
static void
answer_last(mc_store_t *self)
{
    mc_question_t *question;
    for (int round = 0; round < CLOSING_ROUNDS_MAX && !TAILQ_EMPTY(&self->refused); round++) {
        struct mc_questions now = TAILQ_HEAD_INITIALIZER(now);
        TAILQ_CONCAT(&now, &self->refused, link);
        while ((question = TAILQ_FIRST(&now))) {
            TAILQ_REMOVE(&now, question, link);
            mc_question_answer(&question, NULL, question->refusal);
        }
    }
    while ((question = TAILQ_FIRST(&self->refused))) {
        TAILQ_REMOVE(&self->refused, question, link);
        mc_question_destroy(&question);
    }
}

/* Answers may look at the store and ask it: the owner's pointer is good until they are over. */
void
mc_store_destroy(mc_store_t **address)
{
    mc_store_t *self = *address;
    if (!self || self->is_closing)
        return;
    self->is_closing = true;
    mc_audits_close(self->audits);
    mc_service_cancel(self->service, self->trim_timer);
    mc_store_set_reason(self, "the service is stopping");
    for (int i = 0; i < self->link_count; i++)
        mc_link_destroy(&self->links[i]);
    self->link_count = 0;
    refuse_waiting(self);
    answer_last(self);
    mc_audits_destroy(&self->audits);
    free(self);
    *address = NULL;
}

bool
mc_store_is_up(const mc_store_t *self)
{
    for (int i = 0; i < self->link_count; i++)
        if (mc_link_is_up(self->links[i]))
            return true;
    return false;
}

static mc_link_t *
find_free(mc_store_t *self)
{
    for (int i = 0; i < self->link_count; i++)
        if (mc_link_is_free(self->links[i]))
            return self->links[i];
    return NULL;
}

/* Asks now, later or never. */
static void
ask(mc_store_t *self, mc_question_t *question)
{
    mc_link_t *link = find_free(self);
    if (link) {
        mc_link_ask(link, question);
    } else if (self->is_closing || (self->reason[0] && !mc_store_is_up(self))) {
        mc_store_refuse_late(self, question, MC_STORE_AWAY_ERROR,
                             "the database cannot be reached: %s", self->reason);
    } else if (self->waiting_count == MC_STORE_QUEUE_MAX) {
        mc_store_refuse_late(self, question, MC_TOO_BUSY_ERROR,
                             "%d questions wait for the database", MC_STORE_QUEUE_MAX);
    } else {
        TAILQ_INSERT_TAIL(&self->waiting, question, link);
        self->waiting_count++;
        open_another(self);
    }
}

void
mc_store_ask(mc_store_t *self, const char *sql, const mc_store_params_t *params,
             mc_store_answer_fn *answer, void *arg)
{
    ask(self, mc_question_new(MC_QUESTION_PREPARED, sql, params, answer, arg));
}

void
mc_store_ask_once(mc_store_t *self, const char *sql, const mc_store_params_t *params,
                  mc_store_answer_fn *answer, void *arg)
{
    ask(self, mc_question_new(MC_QUESTION_ONCE, sql, params, answer, arg));
}
