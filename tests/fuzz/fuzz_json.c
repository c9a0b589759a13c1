/*
 *  fuzz_json - any bytes through the reader, its walk, its writer and a shape
 *
 *  What is accepted must come out of the writer as text that is accepted and
 *  written the same again; what is refused must say why.
 */
#include <stdlib.h>

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static void
write_again(mc_json_parser_t *parser, const mc_buffer_t *once)
{
    mc_json_t root;
    mc_refusal_t refusal;
    mc_buffer_t twice = {0};
    require(mc_json_parse(parser, mc_buffer_content(once), &root, &refusal) == 0);
    mc_json_write(root, &twice);
    require(mc_text_equals(mc_buffer_content(once), mc_buffer_content(&twice)));
    mc_buffer_clear(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t text = {(const char *)data, size};
    mc_refusal_t refusal = {0};
    mc_json_t root;
    if (mc_json_parse(parser, text, &root, &refusal) != 0) {
        require(refusal.code != MC_NO_ERROR && *refusal.message);
        return 0;
    }

    mc_agent_event_t event;
    if (mc_json_read(&mc_agent_event_shape, root, arena, false, &event, &refusal) != 0)
        require(*refusal.message);
    mc_buffer_t out = {0};
    mc_json_write(root, &out);
    write_again(parser, &out);
    mc_buffer_clear(&out);
    return 0;
}
