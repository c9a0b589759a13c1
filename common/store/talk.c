/*
 *  talk - a question goes over a link, and its results come back
 */
#include "link_state.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"

static int
flush(mc_link_t *self)
{
    int rest = PQflush(self->connection);
    if (rest == -1)
        return mc_link_fail(self);
    mc_link_watch(self, PQsocket(self->connection), rest ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
    return 0;
}

static void
print_name(size_t statement, char ret_name[16])
{
    snprintf(ret_name, 16, "s%u", (unsigned)statement);
}

static int
send_prepared(mc_link_t *self)
{
    const mc_question_t *question = self->question;
    char name[16];
    print_name(self->statement, name);
    self->state = MC_LINK_ASKING;
    return PQsendQueryPrepared(self->connection, name, (int)question->count, question->values, NULL,
                               NULL, 1);
}

static int
send_prepare(mc_link_t *self)
{
    char name[16];
    print_name(self->statement, name);
    self->state = MC_LINK_PREPARING;
    return PQsendPrepare(self->connection, name, self->question->sql, 0, NULL);
}

static int
send_question(mc_link_t *self)
{
    const mc_question_t *question = self->question;
    self->state = MC_LINK_ASKING;
    if (question->kind == MC_QUESTION_COPY)
        return PQsendQuery(self->connection, question->sql);
    if (question->kind == MC_QUESTION_ONCE)
        return PQsendQueryParams(self->connection, question->sql, (int)question->count, NULL,
                                 question->values, NULL, NULL, 1);
    self->statement = mc_store_statement(self->store, question->sql);
    return self->prepared[self->statement] ? send_prepared(self) : send_prepare(self);
}

int
mc_link_talk_begin(mc_link_t *self)
{
    self->copied = 0;
    return send_question(self) == 1 ? flush(self) : mc_link_fail(self);
}

/* Gives libpq what it can send now; the rest when the socket takes more. */
static int
copy_more(mc_link_t *self)
{
    mc_text_t data = self->question->data;
    while (self->copied < data.size) {
        size_t left = data.size - self->copied;
        size_t size = left < MC_LINK_COPY_BYTES ? left : MC_LINK_COPY_BYTES;
        int taken = PQputCopyData(self->connection, data.data + self->copied, (int)size);
        if (taken == -1)
            return mc_link_fail(self);
        self->copied += taken ? size : 0;
        if (flush(self) == -1)
            return -1;
        if (!taken || self->events & ZMQ_POLLOUT)
            return 0;
    }
    int ended = PQputCopyEnd(self->connection, NULL);
    if (ended == -1)
        return mc_link_fail(self);
    if (ended)
        self->state = MC_LINK_ASKING;
    return flush(self);
}

void
mc_link_push(mc_link_t *self)
{
    if (self->state == MC_LINK_COPYING)
        (void)!copy_more(self);
}

static int
take_result(mc_link_t *self, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool is_copy = self->question->kind == MC_QUESTION_COPY;
    if (status == PGRES_COPY_IN && is_copy && self->copied == 0) {
        PQclear(result);
        self->state = MC_LINK_COPYING;
        return copy_more(self);
    }
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        PQclear(result);
        return mc_fail("only mc_store_session_copy can copy, and only from here");
    }
    PQclear(self->result);
    self->result = result;
    return 0;
}

static bool
is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* A migration changed a table under a prepared statement, or a pooler between us has another
 * session: prepare everything again, on a new connection. */
static bool
is_out_of_date(const mc_refusal_t *refusal)
{
    return !strcmp(refusal->field, "0A000") || !strcmp(refusal->field, "26000");
}

/* The question is over: the link is free while the answer is given, so that the next may be asked
 * from there. */
static void
finish_question(mc_link_t *self)
{
    mc_question_t *question = mc_take(&self->question);
    PGresult *result = mc_take(&self->result);
    mc_refusal_t refusal = {0};
    bool is_done = is_success(result);
    if (!is_done)
        mc_link_read_fault(result, &refusal);
    self->must_close = is_out_of_date(&refusal) && question->kind == MC_QUESTION_PREPARED;
    self->state = MC_LINK_FREE;
    self->free_since_us = mc_clock_steady_us();
    mc_question_answer(&question, result, is_done ? NULL : &refusal);
    PQclear(result);
}

static int
end_of_results(mc_link_t *self)
{
    if (self->state == MC_LINK_PREPARING && is_success(self->result)) {
        PQclear(self->result);
        self->result = NULL;
        self->prepared[self->statement] = true;
        return send_prepared(self) == 1 ? flush(self) : mc_link_fail(self);
    }
    finish_question(self);
    if (self->is_destroyed || self->state != MC_LINK_FREE)
        return 0;
    if (self->must_close || PQstatus(self->connection) != CONNECTION_OK)
        return mc_fail("the connection to the database broke");
    self->calls->on_free(self->owner, self);
    return 0;
}

/* Takes all that has come. */
static int
take_results(mc_link_t *self)
{
    while (self->state > MC_LINK_FREE && self->state != MC_LINK_COPYING &&
           !PQisBusy(self->connection)) {
        PGresult *result = PQgetResult(self->connection);
        if ((result ? take_result(self, result) : end_of_results(self)) == -1)
            return -1;
        if (self->is_destroyed)
            return 0;
    }
    return 0;
}

int
mc_link_talk(mc_link_t *self, int events)
{
    if (events & ZMQ_POLLIN && !PQconsumeInput(self->connection))
        return mc_link_fail(self);
    if (flush(self) == -1 || (self->state == MC_LINK_COPYING && copy_more(self) == -1))
        return -1;
    if (self->state != MC_LINK_FREE)
        return take_results(self);
    (void)PQisBusy(self->connection); /* reads what the server says unasked */
    return PQstatus(self->connection) == CONNECTION_OK ? 0 : mc_link_fail(self);
}
