/*
 *  emitter_window - which audit rows are done, and how far the cursor may move
 */
#include "services/control/emitter_window.h"

static bool
has_room(const control_window_t *self)
{
    return self->done_count + CONTROL_WINDOW_PAGE <= CONTROL_WINDOW_IDS_MAX;
}

/* A full window whose cursor can move makes its own room, as rows come by their numbers: one page
 * fits, and no other before the cursor was moved. */
static bool
can_read(const control_window_t *self)
{
    return has_room(self) || (self->is_mark_over && self->done_count <= CONTROL_WINDOW_IDS_MAX);
}

static int64_t
last_read(const control_window_t *self)
{
    return self->reading_count ? self->reading[self->reading_count - 1] : 0;
}

size_t
control_window_begin(control_window_t *self)
{
    if (!self->is_sweeping)
        self->from_id = self->cursor;
    else if (last_read(self) > self->from_id)
        self->from_id = last_read(self);
    self->reading_count = 0;
    self->reading_most = can_read(self) ? CONTROL_WINDOW_PAGE : 0;
    return self->reading_most;
}

size_t
control_window_copy_done(const control_window_t *self, int64_t *ret_ids)
{
    size_t count = 0;
    for (size_t i = 0; i < self->done_count; i++)
        if (self->done[i] > self->from_id)
            ret_ids[count++] = self->done[i];
    return count;
}

/* Only before a sweep: later, a row may have come to where it has been. */
static bool
is_over(const control_window_t *self, const control_window_look_t *look)
{
    return look->oldest_xid >= self->mark_xid &&
           look->now_us - self->mark_us >= CONTROL_WINDOW_SETTLE_US;
}

void
control_window_look(control_window_t *self, const control_window_look_t *look)
{
    if (self->mark_id && !self->is_sweeping)
        self->is_mark_over = is_over(self, look);
    self->is_sweeping = true;
    if (self->mark_id || look->highest_id <= self->cursor)
        return;
    self->mark_id = look->highest_id;
    self->mark_xid = look->next_xid;
    self->mark_us = look->now_us;
}

void
control_window_add(control_window_t *self, int64_t id)
{
    assert(self->reading_count < self->reading_most);
    assert(last_read(self) < id);
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
    int64_t last_id = last_read(self);
    return is_page_full(self) && last_id < self->mark_id ? last_id : self->mark_id;
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

void
control_window_rest(control_window_t *self)
{
    self->is_sweeping = false;
}
