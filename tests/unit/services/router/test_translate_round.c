/*
 *  test_translate_round - a conversation that goes from a chat to messages and back means the same
 *
 *  Conversations are generated from a number, in the form in which a chat is
 *  written here, so that "the same" is the same bytes.
 */
#include "translate_case.h"

#define CONVERSATIONS 500

TestSuite(round_trip, .init = open_case, .fini = close_case);

typedef struct {
    uint64_t state;
    mc_buffer_t *out;
    int calls; /* made so far: their numbers are their ids */
} maker_t;

static unsigned
pick(maker_t *maker, unsigned count)
{
    maker->state = maker->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(maker->state >> 33) % count;
}

static void
say(maker_t *maker, const char *text)
{
    mc_buffer_string(maker->out, text);
}

/* The inside of a JSON string; never blank, and it does not end in white space. */
static void
say_words(maker_t *maker)
{
    static const char *const words[] = {"a",    "\\n",   "\\\"x\\\"", "é",  "\\u0001",
                                        "\\\\", "data:", "{}",        "  ", "\xf0\x9f\x98\x80"};
    for (unsigned i = pick(maker, 6); i > 0; i--)
        say(maker, words[pick(maker, MC_COUNT(words))]);
    say(maker, ".");
}

static void
say_user(maker_t *maker)
{
    say(maker, "{\"role\":\"user\",\"content\":");
    bool has_image = pick(maker, 4) == 0;
    say(maker, has_image ? "[{\"type\":\"text\",\"text\":\"" : "\"");
    say_words(maker);
    if (has_image && pick(maker, 2))
        say(maker, "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}}]");
    else if (has_image)
        say(maker, "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
                   "\"data:image/png;base64,QUJD\"}}]");
    else
        say(maker, "\"");
    say(maker, "}");
}

static void
say_thinking(maker_t *maker)
{
    mc_buffer_t words = {0};
    mc_buffer_t *out = maker->out;
    maker->out = &words;
    say_words(maker);
    maker->out = out;
    mc_buffer_printf(out,
                     ",\"reasoning_content\":\"%.*s\",\"thinking_blocks\":[{\"type\":"
                     "\"thinking\",\"thinking\":\"%.*s\",\"signature\":\"Sig+/%u=\"}",
                     (int)words.size, words.data, (int)words.size, words.data, pick(maker, 99));
    if (pick(maker, 3) == 0)
        say(maker, ",{\"type\":\"redacted_thinking\",\"data\":\"Xy\"}");
    say(maker, "]");
    mc_buffer_clear(&words);
}

/* Returns how many calls it made. */
static int
say_assistant(maker_t *maker)
{
    static const char *const arguments[] = {
        "{}",
        "{\\\"a\\\":1}",
        "{\\\"b\\\":[1.5,null],\\\"a\\\":{}}",
    };
    int calls = pick(maker, 2) ? (int)pick(maker, 4) : 0;
    say(maker, "{\"role\":\"assistant\",\"content\":");
    if (calls == 0 || pick(maker, 2)) {
        say(maker, "\"");
        say_words(maker);
        say(maker, "\"");
    } else {
        say(maker, "null");
    }
    if (pick(maker, 2))
        say_thinking(maker);
    for (int i = 0; i < calls; i++)
        mc_buffer_printf(maker->out,
                         "%s{\"id\":\"call_%d\",\"type\":\"function\",\"function\":{\"name\":"
                         "\"f%u\",\"arguments\":\"%s\"}}",
                         i ? "," : ",\"tool_calls\":[", maker->calls + i, pick(maker, 3),
                         arguments[pick(maker, MC_COUNT(arguments))]);
    say(maker, calls ? "]}" : "}");
    return calls;
}

static void
say_results(maker_t *maker, int count)
{
    for (int i = 0; i < count; i++) {
        mc_buffer_printf(maker->out,
                         ",{\"role\":\"tool\",\"tool_call_id\":\"call_%d\","
                         "\"content\":\"",
                         maker->calls++);
        if (pick(maker, 4))
            say_words(maker);
        say(maker, "\"}");
    }
}

static void
say_conversation(maker_t *maker)
{
    say(maker, "{\"model\":\"x\",\"messages\":[");
    if (pick(maker, 2)) {
        say(maker, "{\"role\":\"system\",\"content\":\"");
        say_words(maker);
        say(maker, "\"},");
    }
    say_user(maker);
    for (unsigned turns = pick(maker, 6); turns > 0; turns--) {
        say(maker, ",");
        int calls = say_assistant(maker);
        say_results(maker, calls);
        if (calls == 0 || pick(maker, 3) == 0) {
            say(maker, ",");
            say_user(maker);
        }
    }
    say(maker, "],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f0\",\"description\":"
               "\"d\",\"parameters\":{\"type\":\"object\",\"properties\":{\"z\":{},\"a\":{}}}}}],"
               "\"tool_choice\":\"auto\",\"parallel_tool_calls\":false,"
               "\"max_completion_tokens\":77,\"temperature\":0.25,\"stop\":[\"E\"],"
               "\"user\":\"u\"}");
}

static void
go(router_dialect_t client, router_dialect_t upstream, const mc_buffer_t *from, mc_buffer_t *to)
{
    router_translation_options_t options = options_of(client, upstream);
    mc_refusal_t refusal = {0};
    options.takes_extensions = true;
    MC_AUTO(router_translation) translation = router_translation_new(&options);
    cr_assert_eq(
        router_translation_request(translation, parser, mc_buffer_content(from), to, &refusal), 0,
        "%s: %.*s", refusal.message, (int)from->size, from->data);
}

Test(round_trip, keeps_what_was_said)
{
    static const char *const kept[] = {"messages",    "tools",
                                       "tool_choice", "stop",
                                       "temperature", "max_completion_tokens",
                                       "user",        "parallel_tool_calls"};
    for (uint64_t number = 0; number < CONVERSATIONS; number++) {
        mc_buffer_t chat = {0}, messages = {0}, again = {0};
        maker_t maker = {.state = number * 2654435761u + 1, .out = &chat};
        say_conversation(&maker);
        go(ROUTER_CHAT, ROUTER_MESSAGES, &chat, &messages);
        go(ROUTER_MESSAGES, ROUTER_CHAT, &messages, &again);
        for (size_t i = 0; i < MC_COUNT(kept); i++) {
            char *before = written_at(mc_buffer_content(&chat), kept[i]);
            char *after = written_at(mc_buffer_content(&again), kept[i]);
            cr_assert(before && after, "conversation %lu lost its %s", number, kept[i]);
            cr_assert_str_eq(after, before, "conversation %lu\nafter  %s\nbefore %s", number, after,
                             before);
            free(before);
            free(after);
        }
        mc_buffer_clear(&chat);
        mc_buffer_clear(&messages);
        mc_buffer_clear(&again);
    }
}

/* The same request gives the same bytes, so that a provider's prompt cache hits. */
Test(round_trip, is_stable)
{
    for (uint64_t number = 0; number < 50; number++) {
        mc_buffer_t chat = {0}, once = {0}, twice = {0};
        maker_t maker = {.state = number + 1, .out = &chat};
        say_conversation(&maker);
        go(ROUTER_CHAT, ROUTER_MESSAGES, &chat, &once);
        go(ROUTER_CHAT, ROUTER_MESSAGES, &chat, &twice);
        cr_expect(mc_text_equals(mc_buffer_content(&once), mc_buffer_content(&twice)));
        mc_buffer_clear(&chat);
        mc_buffer_clear(&once);
        mc_buffer_clear(&twice);
    }
}
