/*
 *  emitter_window - which audit rows are done, and how far the cursor may move
 */
#include "services/control/emitter_window.h"

static bool
has_room(const control_window_t *self)
{
    return self->done_count + CONTROL_WINDOW_PAGE <= CONTROL_WINDOW_IDS_MAX;
}

static bool
can_read(const control_window_t *self)
{
    return has_room(self) || (self->is_mark_over && self->done_count <= CONTROL_WINDOW_IDS_MAX);
}

/* A full window whose cursor can move makes its own room, as rows come by their numbers: one page
 * fits, and no other before the cursor was moved. */
size_t
control_window_begin(control_window_t *self)
{
    self->reading_count = 0;
    self->reading_most = can_read(self) ? CONTROL_WINDOW_PAGE : 0;
    return self->reading_most;
}

static int64_t
highest_done(const control_window_t *self)
{
    int64_t highest = 0;
    for (size_t i = 0; i < self->done_count; i++)
        if (self->done[i] > highest)
            highest = self->done[i];
    return highest;
}

/* A mark is of the rows that were done before this reading. */
void
control_window_look(control_window_t *self, int64_t oldest_xid, int64_t next_xid, int64_t now_us)
{
    if (self->mark_id) {
        self->is_mark_over =
            oldest_xid >= self->mark_xid && now_us - self->mark_us >= CONTROL_WINDOW_SETTLE_US;
        return;
    }
    self->mark_id = highest_done(self);
    self->mark_xid = next_xid;
    self->mark_us = now_us;
}

void
control_window_add(control_window_t *self, int64_t id)
{
    assert(self->reading_count < self->reading_most);
    assert(self->reading_count == 0 || self->reading[self->reading_count - 1] < id);
    self->reading[self->reading_count++] = id;
}

static bool
is_page_full(const control_window_t *self)
{
    return self->reading_count == self->reading_most;
}

/* Below which nothing can come any more. There may be more rows behind a full page: then as far as
 * it goes, but not beyond the mark. */
static int64_t
find_safe_id(const control_window_t *self)
{
    if (!self->is_mark_over)
        return self->cursor;
    if (!is_page_full(self))
        return self->mark_id;
    int64_t last_id = self->reading_count ? self->reading[self->reading_count - 1] : 0;
    return last_id < self->mark_id ? last_id : self->mark_id;
}

int64_t
control_window_end(control_window_t *self)
{
    for (size_t i = 0; i < self->reading_count; i++)
        self->done[self->done_count++] = self->reading[i];
    int64_t safe_id = find_safe_id(self);
    if (safe_id > self->safe_id)
        self->safe_id = safe_id;
    return self->safe_id > self->cursor ? self->safe_id : self->cursor;
}

void
control_window_move(control_window_t *self, int64_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->done_count; i++)
        if (self->done[i] > id)
            self->done[kept++] = self->done[i];
    self->done_count = kept;
    self->cursor = id;
    if (id >= self->mark_id) {
        self->mark_id = 0;
        self->is_mark_over = false;
    }
}

bool
control_window_has_more(const control_window_t *self)
{
    return is_page_full(self) && can_read(self);
}
