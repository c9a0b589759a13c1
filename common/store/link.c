/*
 *  link - one connection to PostgreSQL, and the question it is busy with
 */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/service.h"

typedef enum { CLOSED, CONNECTING, FREE, PREPARING, ASKING, COPYING } state_t;

struct mc_link {
    mc_store_t *store;
    mc_service_t *service;
    const mc_link_owner_t *calls;
    void *owner;
    PGconn *connection;
    state_t state;
    mc_question_t *question; /* from PREPARING to COPYING */
    PGresult *result;        /* the last of the question */
    size_t copied;           /* bytes of its data */
    size_t statement;
    bool prepared[MC_STORE_STATEMENTS_MAX];
    bool must_close; /* its statements are out of date */

    int64_t free_since_us;
    int pause_ms;
    int timer; /* of the pause, or of the attempt; -1 for none */
    int fd;    /* watched, or -1 */
    int events;
    int depth; /* of drive: it may be destroyed by a callback */
    bool is_destroyed;
};

static void drive(void *arg, int events);

static void
watch(mc_link_t *self, int fd, int events)
{
    if (self->fd == fd && self->events == events)
        return;
    if (self->fd != -1 && self->fd != fd)
        mc_service_watch(self->service, self->fd, 0, NULL, NULL);
    self->fd = fd;
    self->events = events;
    if (fd != -1)
        mc_service_watch(self->service, fd, events, drive, self);
}

static void
stop_timer(mc_link_t *self)
{
    if (self->timer != -1)
        mc_service_cancel(self->service, self->timer);
    self->timer = -1;
}

mc_link_t *
mc_link_new(mc_store_t *store, const mc_link_owner_t *calls, void *owner)
{
    mc_link_t *self = calloc(1, sizeof *self);
    if (!self)
        abort();
    self->store = store;
    self->service = mc_store_service(store);
    self->calls = calls;
    self->owner = owner;
    self->timer = self->fd = -1;
    self->pause_ms = MC_LINK_PAUSE_MS_MIN;
    return self;
}

void
mc_link_close(mc_link_t *self)
{
    stop_timer(self);
    watch(self, -1, 0);
    PQclear(self->result);
    self->result = NULL;
    PQfinish(self->connection);
    self->connection = NULL;
    self->state = CLOSED;
    self->must_close = false;
    memset(self->prepared, 0, sizeof self->prepared);
    if (self->question)
        mc_store_refuse_late(self->store, mc_take(&self->question), MC_STORE_AWAY_ERROR,
                             "the connection to the database broke");
}

void
mc_link_destroy(mc_link_t **address)
{
    mc_link_t *self = mc_take(address);
    if (!self)
        return;
    mc_link_close(self);
    self->is_destroyed = true;
    if (self->depth == 0)
        free(self);
}

/* The reason is kept by mc_fail. */
static void
lose(mc_link_t *self)
{
    mc_link_close(self);
    self->calls->on_lost(self->owner, self);
}

static int
fail_by_connection(const mc_link_t *self)
{
    const char *message = PQerrorMessage(self->connection);
    return mc_fail("%.*s", (int)strcspn(message, "\n"), message);
}

static void
on_attempt_too_long(void *arg)
{
    mc_link_t *self = arg;
    self->timer = -1;
    mc_fail("the database did not take the connection within %d s", MC_LINK_CONNECT_MS_MAX / 1000);
    mc_store_set_reason(self->store, mc_error());
    lose(self);
}

static void
become_free(mc_link_t *self)
{
    self->state = FREE;
    self->free_since_us = mc_clock_steady_us();
    watch(self, PQsocket(self->connection), ZMQ_POLLIN);
    self->calls->on_free(self->owner, self);
}

static void
ignore_notice(void *arg, const PGresult *notice)
{
    (void)arg, (void)notice;
}

/* libpq may have closed one socket and opened another of the same number, so the watch is made
 * anew each time. */
static void
poll_connection(mc_link_t *self)
{
    watch(self, -1, 0);
    switch (PQconnectPoll(self->connection)) {
    case PGRES_POLLING_READING:
        watch(self, PQsocket(self->connection), ZMQ_POLLIN);
        return;
    case PGRES_POLLING_WRITING:
        watch(self, PQsocket(self->connection), ZMQ_POLLOUT);
        return;
    case PGRES_POLLING_OK:
        stop_timer(self);
        self->pause_ms = MC_LINK_PAUSE_MS_MIN;
        PQsetnonblocking(self->connection, 1);
        PQsetNoticeReceiver(self->connection, ignore_notice, NULL);
        mc_store_set_reason(self->store, NULL);
        become_free(self);
        return;
    default:
        fail_by_connection(self);
        mc_store_set_reason(self->store, mc_error());
        lose(self);
    }
}

void
mc_link_open(mc_link_t *self)
{
    if (self->state != CLOSED)
        return;
    stop_timer(self);
    self->connection = mc_link_start_connection(self->store);
    if (!self->connection) {
        mc_store_set_reason(self->store, mc_error());
        lose(self);
        return;
    }
    self->state = CONNECTING;
    self->timer =
        mc_service_after(self->service, MC_LINK_CONNECT_MS_MAX, on_attempt_too_long, self);
    watch(self, PQsocket(self->connection), ZMQ_POLLOUT);
}

static void
on_pause_over(void *arg)
{
    mc_link_t *self = arg;
    self->timer = -1;
    mc_link_open(self);
}

void
mc_link_open_later(mc_link_t *self)
{
    if (self->state != CLOSED || self->timer != -1)
        return;
    self->timer = mc_service_after(self->service, self->pause_ms, on_pause_over, self);
    self->pause_ms *= 2;
    if (self->pause_ms > MC_LINK_PAUSE_MS_MAX)
        self->pause_ms = MC_LINK_PAUSE_MS_MAX;
}

bool
mc_link_is_closed(const mc_link_t *self)
{
    return self->state == CLOSED;
}

bool
mc_link_is_up(const mc_link_t *self)
{
    return self->state >= FREE;
}

bool
mc_link_is_free(const mc_link_t *self)
{
    return self->state == FREE && !self->must_close;
}

int64_t
mc_link_free_since_us(const mc_link_t *self)
{
    return self->free_since_us;
}

static int
flush(mc_link_t *self)
{
    int rest = PQflush(self->connection);
    if (rest == -1)
        return fail_by_connection(self);
    watch(self, PQsocket(self->connection), rest ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
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
    self->state = ASKING;
    return PQsendQueryPrepared(self->connection, name, (int)question->count, question->values, NULL,
                               NULL, 1);
}

static int
send_prepare(mc_link_t *self)
{
    char name[16];
    print_name(self->statement, name);
    self->state = PREPARING;
    return PQsendPrepare(self->connection, name, self->question->sql, 0, NULL);
}

static int
send_question(mc_link_t *self)
{
    const mc_question_t *question = self->question;
    self->state = ASKING;
    if (question->kind == MC_QUESTION_COPY)
        return PQsendQuery(self->connection, question->sql);
    if (question->kind == MC_QUESTION_ONCE)
        return PQsendQueryParams(self->connection, question->sql, (int)question->count, NULL,
                                 question->values, NULL, NULL, 1);
    self->statement = mc_store_statement(self->store, question->sql);
    return self->prepared[self->statement] ? send_prepared(self) : send_prepare(self);
}

void
mc_link_ask(mc_link_t *self, mc_question_t *question)
{
    assert(self->state == FREE);
    self->question = question;
    self->copied = 0;
    if (send_question(self) != 1) {
        fail_by_connection(self);
        lose(self);
    } else if (flush(self) == -1) {
        lose(self);
    }
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
            return fail_by_connection(self);
        self->copied += taken ? size : 0;
        if (flush(self) == -1)
            return -1;
        if (!taken || self->events & ZMQ_POLLOUT)
            return 0;
    }
    int ended = PQputCopyEnd(self->connection, NULL);
    if (ended == -1)
        return fail_by_connection(self);
    if (ended)
        self->state = ASKING;
    return flush(self);
}

/* A statement that is no COPY of ours: the server is told that nothing comes. */
static int
refuse_copy(mc_link_t *self)
{
    if (PQputCopyEnd(self->connection, "nothing is copied here") == -1)
        return fail_by_connection(self);
    return flush(self);
}

static int
take_result(mc_link_t *self, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) {
        PQclear(result);
        if (self->question->kind != MC_QUESTION_COPY || self->copied)
            return refuse_copy(self);
        self->state = COPYING;
        return copy_more(self);
    }
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        PQclear(result);
        return mc_fail("COPY TO is not read here");
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
    self->state = FREE;
    self->free_since_us = mc_clock_steady_us();
    mc_question_answer(&question, result, is_done ? NULL : &refusal);
    PQclear(result);
}

static int
end_of_results(mc_link_t *self)
{
    if (self->state == PREPARING && is_success(self->result)) {
        PQclear(self->result);
        self->result = NULL;
        self->prepared[self->statement] = true;
        return send_prepared(self) == 1 ? flush(self) : fail_by_connection(self);
    }
    finish_question(self);
    if (self->is_destroyed || self->state != FREE)
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
    while (self->state > FREE && self->state != COPYING && !PQisBusy(self->connection)) {
        PGresult *result = PQgetResult(self->connection);
        if ((result ? take_result(self, result) : end_of_results(self)) == -1)
            return -1;
        if (self->is_destroyed)
            return 0;
    }
    return 0;
}

static int
move(mc_link_t *self, int events)
{
    if (events & ZMQ_POLLIN && !PQconsumeInput(self->connection))
        return fail_by_connection(self);
    if (flush(self) == -1 || (self->state == COPYING && copy_more(self) == -1))
        return -1;
    if (self->state != FREE)
        return take_results(self);
    (void)PQisBusy(self->connection); /* reads what the server says unasked */
    return PQstatus(self->connection) == CONNECTION_OK ? 0 : fail_by_connection(self);
}

static void
drive(void *arg, int events)
{
    mc_link_t *self = arg;
    if (self->state == CONNECTING) {
        poll_connection(self);
        return;
    }
    self->depth++;
    int moved = move(self, events);
    self->depth--;
    if (self->is_destroyed)
        free(self);
    else if (moved == -1)
        lose(self);
}
