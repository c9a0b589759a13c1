/*
 *  translate_flow - answers and streams through a translation
 *
 *  A stream is written one event a line, with ' for "; what comes out is compared
 *  line by line: "TYPE DATA" where the frame has a type, DATA where it has none.
 *  The line "." is the proper end of the provider's stream.
 */
#ifndef TRANSLATE_FLOW_H
#define TRANSLATE_FLOW_H

#include "translate_case.h"

typedef struct {
    const char *sentence;
    const char *request; /* NULL: "stream" and a message, in the client's dialect */
    const char *body;
    const char *place;
    const char *expected;
} answer_row_t;

typedef struct {
    const char *sentence;
    const char *request;
    const char *events;
    const char *frames;
    const char *refusal; /* words of the refusal that ends it; NULL: none */
} stream_row_t;

static inline void
ask(router_translation_t *translation, const char *request)
{
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    char *body = quoted(request);
    cr_assert_eq(router_translation_request(translation, parser, mc_text(body), &out, &refusal), 0,
                 "%s: %s", request, refusal.message);
    mc_buffer_clear(&out);
    free(body);
}

static inline void
expect_answer(const router_translation_options_t *options, const char *request,
              const answer_row_t *row)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, row->request ? row->request : request);
    char *body = quoted(row->body);
    int outcome = router_translation_answer(translation, parser, mc_text(body), &out, &refusal);
    cr_expect_eq(outcome, 0, "%s: %s", row->sentence, refusal.message);
    if (outcome == 0)
        expect_at(row->sentence, mc_buffer_content(&out), row->place, row->expected);
    mc_buffer_clear(&out);
    free(body);
}

static inline void
expect_bad_answer(const router_translation_options_t *options, const char *request,
                  const char *answer, const char *words)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, request);
    char *body = quoted(answer);
    cr_expect_eq(router_translation_answer(translation, parser, mc_text(body), &out, &refusal),
                 MC_REFUSED, "%s", answer);
    cr_expect(strstr(refusal.message, words), "%s: %s", answer, refusal.message);
    mc_buffer_clear(&out);
    free(body);
}

/* Frames as lines: the empty lines, "event: " and "data: " go. */
static inline char *
lines_of(const mc_buffer_t *out)
{
    mc_buffer_t lines = {0};
    for (const char *at = out->data, *end = out->data + out->size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        cr_assert(stop, "a frame without its end: %.*s", (int)out->size, out->data);
        mc_text_t line = {at, (size_t)(stop - at)};
        if (line.size > 7 && memcmp(at, "event: ", 7) == 0) {
            mc_buffer_append(&lines, at + 7, line.size - 7);
            mc_buffer_byte(&lines, ' ');
        } else if (line.size > 6 && memcmp(at, "data: ", 6) == 0) {
            mc_buffer_append(&lines, at + 6, line.size - 6);
            mc_buffer_byte(&lines, '\n');
        } else if (line.size > 0) {
            mc_buffer_text(&lines, line);
            mc_buffer_byte(&lines, '\n');
        }
        at = stop + 1;
    }
    char *text = strndup(lines.data ? lines.data : "", lines.size);
    mc_buffer_clear(&lines);
    return text;
}

/* Runs the events; the outcome of the last that was tried. */
static inline int
run_stream(router_translation_t *translation, const char *events, mc_buffer_t *out,
           mc_refusal_t *refusal)
{
    char *text = quoted(events);
    char *rest = text;
    int outcome = 0;
    for (char *line; outcome == 0 && (line = strsep(&rest, "\n"));) {
        if (strcmp(line, ".") == 0)
            router_translation_end(translation, out);
        else if (*line)
            outcome = router_translation_event(translation, parser, (mc_text_t){0}, mc_text(line),
                                               out, refusal);
    }
    free(text);
    return outcome;
}

static inline void
expect_stream(const router_translation_options_t *options, const char *request,
              const stream_row_t *row)
{
    MC_AUTO(router_translation) translation = router_translation_new(options);
    mc_buffer_t out = {0};
    mc_refusal_t refusal = {0};
    ask(translation, row->request ? row->request : request);
    int outcome = run_stream(translation, row->events, &out, &refusal);
    cr_expect_eq(outcome, row->refusal ? MC_REFUSED : 0, "%s: %s", row->sentence, refusal.message);
    if (row->refusal)
        cr_expect(strstr(refusal.message, row->refusal), "%s: %s", row->sentence, refusal.message);
    char *made = lines_of(&out);
    char *wanted = quoted(row->frames);
    cr_expect_str_eq(made, wanted, "%s\nmade\n%s\nwanted\n%s", row->sentence, made, wanted);
    free(made);
    free(wanted);
    mc_buffer_clear(&out);
}

#endif
