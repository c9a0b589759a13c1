/*
 *  test_sse - server-sent events, read as they come
 */
#include <criterion/criterion.h>

#include "common/sse.h"

static void
collect(void *arg, const mc_sse_frame_t *frame)
{
    if (frame->has_data)
        mc_buffer_printf(arg, "[%.*s|%.*s|%.*s]", MC_FMT(frame->id), MC_FMT(frame->event),
                         MC_FMT(frame->data));
}

static void
collect_raw(void *arg, const mc_sse_frame_t *frame)
{
    mc_buffer_printf(arg, "<%.*s>", MC_FMT(frame->raw));
}

/* What is read when the text comes in two parts, cut at every byte. */
static void
expect_frames(const char *text, const char *wanted)
{
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        mc_buffer_t out = {0};
        mc_sse_t sse;
        mc_sse_init(&sse, collect, &out);
        cr_assert(mc_sse_feed(&sse, (mc_text_t){text, cut}));
        cr_assert(mc_sse_feed(&sse, mc_text(text + cut)));
        mc_buffer_byte(&out, '\0');
        cr_assert_str_eq(out.data, wanted, "cut at %zu", cut);
        mc_sse_clear(&sse);
        mc_buffer_clear(&out);
    }
}

Test(sse, reads_frames_cut_anywhere)
{
    expect_frames("id: 1\nevent: agent_event\ndata: {\"a\":1}\n\n", "[1|agent_event|{\"a\":1}]");
    expect_frames("data: x\r\n\r\n", "[||x]");
    expect_frames("data:x\n\n", "[||x]");
    expect_frames("data: one\ndata: two\n\n", "[||one\ntwo]");
    expect_frames(": hb\n\nretry: 1000\n\ndata: x\n\n", "[||x]");
    expect_frames("id: 7\ndata: x\n\ndata: y\n\n", "[7||x][||y]");
    expect_frames("data: not ended\n", "");
    expect_frames("data\n\nnonsense\n\n", "[||]");
}

Test(sse, forgets_half_a_frame_when_the_connection_is_a_new_one)
{
    mc_buffer_t out = {0};
    mc_sse_t sse;
    mc_sse_init(&sse, collect, &out);
    cr_assert(mc_sse_feed(&sse, MC_TEXT("id: 1\ndata: ha")));
    mc_sse_reset(&sse);
    cr_assert(mc_sse_feed(&sse, MC_TEXT("data: new\n\n")));
    mc_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.data, "[||new]");
    mc_sse_clear(&sse);
    mc_buffer_clear(&out);
}

Test(sse, refuses_a_frame_without_end)
{
    mc_buffer_t out = {0};
    mc_sse_t sse;
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    mc_sse_init(&sse, collect, &out);
    bool is_taken = mc_sse_feed(&sse, MC_TEXT("data: "));
    for (size_t i = 0; i < MC_SSE_FRAME_BYTES_MAX / sizeof block; i++)
        is_taken = mc_sse_feed(&sse, (mc_text_t){block, sizeof block});
    cr_assert_not(is_taken);
    mc_sse_clear(&sse);
    mc_buffer_clear(&out);
}

Test(sse, gives_every_byte_back_as_it_came)
{
    static const char text[] = ": hb\r\n\r\n\n\nevent: a\ndata: x\n\ndata: y\r\n\r\n\r\ndata: half";
    static const char wanted[] =
        "<: hb\r\n\r\n><\n><\n><event: a\ndata: x\n\n><data: y\r\n\r\n><\r\n><data: half>";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        mc_buffer_t out = {0};
        mc_sse_t sse;
        mc_sse_init(&sse, collect_raw, &out);
        cr_assert(mc_sse_feed(&sse, (mc_text_t){text, cut}));
        cr_assert(mc_sse_feed(&sse, mc_text(text + cut)));
        mc_sse_end(&sse);
        mc_buffer_byte(&out, '\0');
        cr_assert_str_eq(out.data, wanted, "cut at %zu", cut);
        mc_sse_clear(&sse);
        mc_buffer_clear(&out);
    }
}
