/*
 *  fuzz_redact - any bytes through the redactor, as text and as a document
 *
 *  A document must stay one, also when it is redacted again. That the second
 *  time changes nothing is tested on usual texts: with a mark in it, noise can
 *  mean something else than before.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void redact_fn(mc_redact_t *, mc_text_t, mc_buffer_t *, mc_text_t *, mc_redact_report_t *);

static void
require(bool is_true)
{
    if (!is_true)
        abort();
}

static void
require_json(mc_text_t text)
{
    MC_AUTO(mc_json_parser) parser = mc_json_parser_new();
    mc_json_t root;
    mc_refusal_t refusal;
    require(mc_json_parse(parser, text, &root, &refusal) == 0);
}

static void
redact_twice(mc_redact_t *redact, redact_fn *call, mc_text_t text, bool is_json)
{
    mc_buffer_t once = {0}, twice = {0};
    mc_text_t first, second;
    call(redact, text, &once, &first, NULL);
    if (is_json)
        require_json(first);
    call(redact, first, &twice, &second, NULL);
    if (is_json)
        require_json(second);
    mc_buffer_clear(&once);
    mc_buffer_clear(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static mc_redact_t *redact; /* compiling the rules anew each time would be all the work */
    if (!redact)
        redact = mc_redact_new(NULL);
    mc_text_t text = {(const char *)data, size};
    redact_twice(redact, mc_redact_text, text, false);
    redact_twice(redact, mc_redact_json, text, true);
    return 0;
}
