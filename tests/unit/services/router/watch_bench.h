/*
 *  watch_bench - streams and bodies as rows, and what must be seen of them
 *
 *  An event is "type|data" or data alone.
 */
#ifndef WATCH_BENCH_H
#define WATCH_BENCH_H

#include <criterion/criterion.h>

#include "services/router/watch.h"

#define EVENTS_MAX 12
#define FLAGS "ceftiw" /* content, end, finish, error (t: trouble), incomplete, whole */

typedef struct {
    const char *name;
    router_dialect_t dialect;
    const char *events[EVENTS_MAX];
    const char *flags;  /* those of FLAGS that must be set */
    const char *finish; /* or the error's type */
    int64_t bytes;      /* of content */
} stream_t;

#define CHAT(choices) "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-x\",\"choices\":" choices "}"
#define DELTA(delta) CHAT("[{\"index\":0,\"delta\":" delta ",\"finish_reason\":null}]")
#define FINISH(reason) CHAT("[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]")
static inline int
feed(mc_json_parser_t *parser, router_watch_t *watch, const char *event)
{
    mc_refusal_t refusal;
    const char *bar = strchr(event, '|');
    const char *brace = strpbrk(event, "{[");
    bool has_type = bar && (!brace || bar < brace);
    mc_text_t type = has_type ? (mc_text_t){event, (size_t)(bar - event)} : MC_TEXT("");
    return router_watch_event(watch, parser, type, mc_text(has_type ? bar + 1 : event), &refusal);
}

static inline void
write_flags(const router_watch_t *watch, char flags[sizeof FLAGS])
{
    bool is_set[] = {watch->has_content, watch->has_end,       watch->has_finish,
                     watch->has_error,   watch->is_incomplete, router_watch_is_whole(watch)};
    size_t size = 0;
    for (size_t i = 0; i < MC_COUNT(is_set); i++)
        if (is_set[i])
            flags[size++] = FLAGS[i];
    flags[size] = '\0';
}

static inline void
check(const stream_t *stream, const router_watch_t *watch, const char *how)
{
    char flags[sizeof FLAGS];
    write_flags(watch, flags);
    const char *word = watch->has_error ? watch->error_type : watch->finish;
    cr_expect_str_eq(flags, stream->flags, "%s, %s: %s", stream->name, how, flags);
    cr_expect_str_eq(word, stream->finish, "%s, %s: %s", stream->name, how, word);
    cr_expect_eq(watch->content_bytes, stream->bytes, "%s, %s: %lld bytes", stream->name, how,
                 (long long)watch->content_bytes);
    cr_expect_eq(watch->has_error, *watch->error_message != '\0', "%s, %s", stream->name, how);
}

#endif
