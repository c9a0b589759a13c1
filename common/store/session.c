/*
 *  session - a connection of one's own
 */
#include <stdlib.h>

#include "common/store/link.h"

struct mc_store_session {
    mc_store_t *store;
    mc_link_t *link;
    mc_question_t *next; /* waits for the connection */
};

static void
on_free(void *owner, mc_link_t *link)
{
    mc_store_session_t *self = owner;
    if (self->next)
        mc_link_ask(link, mc_take(&self->next));
}

static void
refuse_next(mc_store_session_t *self)
{
    const char *reason = mc_store_reason(self->store);
    if (self->next)
        mc_store_refuse_late(self->store, mc_take(&self->next), MC_STORE_AWAY_ERROR,
                             "the database cannot be reached: %s",
                             reason ? reason : "the connection broke");
}

static void
on_lost(void *owner, mc_link_t *link)
{
    refuse_next(owner);
    mc_link_open_later(link);
}

static const mc_link_owner_t session_calls = {on_free, on_lost};

mc_store_session_t *
mc_store_session_new(mc_store_t *store)
{
    mc_store_session_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->store = store;
    self->link = mc_link_new(store, &session_calls, self);
    mc_link_open(self->link);
    return self;
}

void
mc_store_session_destroy(mc_store_session_t **address)
{
    mc_store_session_t *self = mc_take(address);
    if (!self)
        return;
    mc_link_destroy(&self->link);
    refuse_next(self);
    free(self);
}

bool
mc_store_session_is_up(const mc_store_session_t *self)
{
    return mc_link_is_up(self->link);
}

/* A session whose connection is being opened keeps the step until it is open. */
static void
ask(mc_store_session_t *self, mc_question_t *question)
{
    assert(!self->next);
    if (mc_link_is_free(self->link)) {
        mc_link_ask(self->link, question);
        return;
    }
    self->next = question;
    if (mc_link_is_closed(self->link))
        refuse_next(self);
}

void
mc_store_session_ask(mc_store_session_t *self, const char *sql, const mc_store_params_t *params,
                     mc_store_answer_fn *answer, void *arg)
{
    ask(self, mc_question_new(MC_QUESTION_PREPARED, sql, params, answer, arg));
}

void
mc_store_session_ask_once(mc_store_session_t *self, const char *sql,
                          const mc_store_params_t *params, mc_store_answer_fn *answer, void *arg)
{
    ask(self, mc_question_new(MC_QUESTION_ONCE, sql, params, answer, arg));
}

void
mc_store_session_copy(mc_store_session_t *self, const char *sql, mc_text_t data,
                      mc_store_answer_fn *answer, void *arg)
{
    mc_question_t *question = mc_question_new(MC_QUESTION_COPY, sql, NULL, answer, arg);
    question->data = data;
    ask(self, question);
}

void
mc_store_session_push(mc_store_session_t *self)
{
    mc_link_push(self->link);
}
