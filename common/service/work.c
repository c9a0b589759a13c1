/*
 *  work - one thread for slow computation, started when it is first needed
 *
 *  Two queues under one lock: waiting, taken by the thread, and finished, taken
 *  by the loop when the eventfd says so.
 */
#include "work.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "proto/shape.h"

#define STACK_BYTES ((size_t)512 << 10) /* Argon2id works on the heap; the sanitizers need some */

typedef struct piece {
    struct piece *next;
    mc_work_fn *work;
    mc_work_fn *done;
    void *arg;
} piece_t;

typedef struct {
    piece_t *first;
    piece_t **last;
    size_t count;
} queue_t;

struct mc_work {
    mc_watches_t *watches;
    int event;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t is_wanted;
    queue_t waiting;
    queue_t finished;
    bool is_over;
};

static void
put(queue_t *queue, piece_t *piece)
{
    piece->next = NULL;
    *(queue->first ? queue->last : &queue->first) = piece;
    queue->last = &piece->next;
    queue->count++;
}

static piece_t *
take(queue_t *queue)
{
    piece_t *piece = queue->first;
    if (piece) {
        queue->first = piece->next;
        queue->count--;
    }
    return piece;
}

static void
drop_all(queue_t *queue)
{
    piece_t *piece;
    while ((piece = take(queue)))
        free(piece);
}

/* The next piece, or NULL at the end. */
static piece_t *
wait_for_piece(mc_work_t *self)
{
    pthread_mutex_lock(&self->lock);
    while (!self->is_over && !self->waiting.first)
        pthread_cond_wait(&self->is_wanted, &self->lock);
    piece_t *piece = self->is_over ? NULL : take(&self->waiting);
    pthread_mutex_unlock(&self->lock);
    return piece;
}

static void *
run_thread(void *arg)
{
    mc_work_t *self = arg;
    piece_t *piece;
    while ((piece = wait_for_piece(self))) {
        piece->work(piece->arg);
        pthread_mutex_lock(&self->lock);
        put(&self->finished, piece);
        pthread_mutex_unlock(&self->lock);
        eventfd_write(self->event, 1);
    }
    return NULL;
}

static void
on_finished(void *arg, int events)
{
    mc_work_t *self = arg;
    eventfd_t count;
    eventfd_read(self->event, &count);
    pthread_mutex_lock(&self->lock);
    piece_t *piece = self->finished.first;
    self->finished = (queue_t){0};
    pthread_mutex_unlock(&self->lock);

    while (piece) {
        piece_t *next = piece->next;
        piece->done(piece->arg);
        free(piece);
        piece = next;
    }
    (void)events;
}

mc_work_t *
mc_work_new(mc_watches_t *watches)
{
    mc_work_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->watches = watches;
    self->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(self->event != -1);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->is_wanted, NULL);
    mc_watches_set(watches, self->event, ZMQ_POLLIN, on_finished, self);
    return self;
}

void
mc_work_destroy(mc_work_t **address)
{
    mc_work_t *self = mc_take(address);
    if (!self)
        return;
    pthread_mutex_lock(&self->lock);
    self->is_over = true;
    pthread_cond_signal(&self->is_wanted);
    pthread_mutex_unlock(&self->lock);
    if (self->has_thread)
        pthread_join(self->thread, NULL);

    drop_all(&self->waiting);
    drop_all(&self->finished);
    mc_watches_set(self->watches, self->event, 0, NULL, NULL);
    close(self->event);
    pthread_cond_destroy(&self->is_wanted);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static void
require_thread(mc_work_t *self)
{
    if (self->has_thread)
        return;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failed = pthread_create(&self->thread, &attributes, run_thread, self);
    if (failed)
        mc_fatal("no thread");
    pthread_attr_destroy(&attributes);
    self->has_thread = true;
}

int
mc_work_add(mc_work_t *self, mc_work_fn *work, mc_work_fn *done, void *arg)
{
    require_thread(self);
    pthread_mutex_lock(&self->lock);
    bool is_full = self->waiting.count >= MC_WORK_WAITING_MAX;
    if (!is_full) {
        piece_t *piece = malloc(sizeof *piece);
        if (!piece)
            mc_fatal("out of memory");
        *piece = (piece_t){.work = work, .done = done, .arg = arg};
        put(&self->waiting, piece);
        pthread_cond_signal(&self->is_wanted);
    }
    pthread_mutex_unlock(&self->lock);
    return is_full ? MC_REFUSED : 0;
}
