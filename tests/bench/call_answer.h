/*
 *  call_answer - one HTTP answer as it comes in pieces, and the waits that are counted
 *
 *  Knows Content-Length and chunks. A frame of a stream is a line "data: ..."; its
 *  content is the clock of the sender.
 */
#ifndef BENCH_CALL_ANSWER_H
#define BENCH_CALL_ANSWER_H

#include <stdlib.h>

#include "common/clock.h"
#include "proto/buffer.h"

#define BENCH_WAITS_MAX ((size_t)8 << 20)

/* Microseconds, one of each thing that was waited for. */
typedef struct {
    int32_t *items;
    size_t count;
} bench_waits_t;

static inline void
bench_waits_add(bench_waits_t *self, int64_t wait_us)
{
    if (!self->items)
        self->items = malloc(BENCH_WAITS_MAX * sizeof *self->items);
    if (self->count < BENCH_WAITS_MAX)
        self->items[self->count++] = (int32_t)wait_us;
}

static inline int
bench_waits_compare(const void *one, const void *other)
{
    int32_t left = *(const int32_t *)one, right = *(const int32_t *)other;
    return (left > right) - (left < right);
}

/* The wait that this share of them does not pass; 0 when there are none. */
static inline long long
bench_waits_share(bench_waits_t *self, double share)
{
    if (self->count == 0)
        return 0;
    qsort(self->items, self->count, sizeof *self->items, bench_waits_compare);
    size_t at = (size_t)((double)self->count * share);
    return self->items[at < self->count ? at : self->count - 1];
}

typedef struct {
    enum { BENCH_HEAD, BENCH_BODY, BENCH_CHUNK_SIZE, BENCH_CHUNK, BENCH_CHUNK_END } state;
    int status;
    bool is_last;     /* the chunk of size 0 */
    size_t left;      /* bytes of the body or the chunk */
    int64_t first_us; /* when the body began */
    mc_buffer_t head; /* the head, or the size of a chunk, so far */
    mc_buffer_t line; /* of the body, so far */
} bench_answer_t;

static inline void
bench_answer_reset(bench_answer_t *self)
{
    mc_buffer_t head = self->head, line = self->line;
    mc_buffer_reset(&head);
    mc_buffer_reset(&line);
    *self = (bench_answer_t){.head = head, .line = line};
}

/* A line of the body: a frame, if it has a clock for content. */
static inline void
bench_answer_frame(const bench_answer_t *self, int64_t now_us, bench_waits_t *frames)
{
    static const char key[] = "\"content\":\"";
    const char *at = memmem(self->line.data, self->line.size, key, sizeof key - 1);
    int64_t sent_us = at ? strtoll(at + sizeof key - 1, NULL, 10) : 0;
    if (sent_us > 0)
        bench_waits_add(frames, now_us - sent_us);
}

static inline void
bench_answer_body(bench_answer_t *self, mc_text_t text, int64_t now_us, bench_waits_t *frames)
{
    if (self->first_us == 0)
        self->first_us = now_us;
    while (frames && text.size > 0) {
        const char *newline = memchr(text.data, '\n', text.size);
        size_t size = newline ? (size_t)(newline + 1 - text.data) : text.size;
        mc_buffer_append(&self->line, text.data, size);
        text = (mc_text_t){text.data + size, text.size - size};
        if (!newline)
            return;
        mc_buffer_byte(&self->line, 0);
        bench_answer_frame(self, now_us, frames);
        mc_buffer_reset(&self->line);
    }
}

static inline void
bench_answer_read_head(bench_answer_t *self)
{
    mc_buffer_byte(&self->head, 0);
    char *length = strcasestr(self->head.data, "\r\ncontent-length:");
    self->status = atoi(self->head.data + 9);
    self->left = length ? strtoul(length + 17, NULL, 10) : 0;
    self->state = length ? BENCH_BODY : BENCH_CHUNK_SIZE;
    mc_buffer_reset(&self->head);
}

/* Takes bytes of what is counted by left; comes back with how many. */
static inline size_t
bench_answer_skip(bench_answer_t *self, mc_text_t text, int64_t now_us, bench_waits_t *frames)
{
    size_t size = text.size < self->left ? text.size : self->left;
    if (self->state != BENCH_CHUNK_END && size > 0)
        bench_answer_body(self, (mc_text_t){text.data, size}, now_us, frames);
    self->left -= size;
    return size;
}

/* A byte of the head or of a chunk's size. */
static inline void
bench_answer_byte(bench_answer_t *self, char byte)
{
    mc_buffer_byte(&self->head, (uint8_t)byte);
    size_t size = self->head.size;
    if (self->state == BENCH_HEAD && size >= 4 &&
        !memcmp(self->head.data + size - 4, "\r\n\r\n", 4))
        bench_answer_read_head(self);
    else if (self->state == BENCH_CHUNK_SIZE && byte == '\n') {
        self->left = strtoul(self->head.data, NULL, 16);
        self->is_last = self->left == 0;
        self->state = self->is_last ? BENCH_CHUNK_END : BENCH_CHUNK;
        self->left += self->is_last ? 2 : 0;
        mc_buffer_reset(&self->head);
    }
}

/* True when the answer is whole. frames may be NULL. */
static inline bool
bench_answer_take(bench_answer_t *self, mc_text_t text, int64_t now_us, bench_waits_t *frames)
{
    while (text.size > 0) {
        size_t size = 1;
        if (self->state == BENCH_HEAD || self->state == BENCH_CHUNK_SIZE)
            bench_answer_byte(self, *text.data);
        else
            size = bench_answer_skip(self, text, now_us, frames);
        text = (mc_text_t){text.data + size, text.size - size};
        if (self->left > 0 || self->state == BENCH_HEAD || self->state == BENCH_CHUNK_SIZE)
            continue;
        if (self->state == BENCH_BODY || (self->state == BENCH_CHUNK_END && self->is_last))
            return true;
        self->left = self->state == BENCH_CHUNK ? 2 : 0;
        self->state = self->state == BENCH_CHUNK ? BENCH_CHUNK_END : BENCH_CHUNK_SIZE;
    }
    return false;
}

#endif
