/*
 *  redact - the product's sanitiser on standard input
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "args.h"
#include "common/redact.h"
#include "proto/codec.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define FINGERPRINT_TEXT_BYTES (2 * MC_REDACT_FINGERPRINT_BYTES + 1)

typedef struct {
    mc_redact_t *redact;
    mc_redact_places_t *places;
    mc_redact_report_t report;
    mc_buffer_t input;
    mc_buffer_t output;
    mc_text_t result;
} work_t;

/* One byte more than the redactor takes is enough to have it refuse. */
static int
read_input(mc_buffer_t *input)
{
    char piece[PIECE_BYTES];
    ssize_t got = 1;
    while (got > 0 && input->size <= MC_REDACT_BYTES_MAX) {
        got = read(STDIN_FILENO, piece, sizeof piece);
        if (got == -1 && errno == EINTR)
            got = 1;
        else if (got > 0)
            mc_buffer_text(input, (mc_text_t){piece, (size_t)got});
    }
    sodium_memzero(piece, sizeof piece);
    return got == -1 ? mc_fail("standard input: %s", strerror(errno)) : 0;
}

/* Of 32 bytes or more, of which the first count; without a file one of this call alone. */
static int
take_key(const char *path, unsigned char key[MC_REDACT_KEY_BYTES])
{
    if (!path) {
        randombytes_buf(key, MC_REDACT_KEY_BYTES);
        return 0;
    }
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(key, 1, MC_REDACT_KEY_BYTES, file) : 0;
    int failed = file ? 0 : errno;
    if (file)
        fclose(file);
    if (failed)
        return mc_fail("--key-file %s: %s", path, strerror(failed));
    if (got < MC_REDACT_KEY_BYTES)
        return mc_fail("--key-file %s: %zu bytes, must be at least %d", path, got,
                       MC_REDACT_KEY_BYTES);
    return 0;
}

static void
print_fingerprint(const mc_redact_place_t *place, char text[FINGERPRINT_TEXT_BYTES])
{
    sodium_bin2hex(text, FINGERPRINT_TEXT_BYTES, place->fingerprint, sizeof place->fingerprint);
}

static void
write_place(mc_buffer_t *out, const mc_redact_place_t *place)
{
    char fingerprint[FINGERPRINT_TEXT_BYTES];
    print_fingerprint(place, fingerprint);
    mc_buffer_string(out, "{\"pointer\":");
    mc_write_json_text(out, place->pointer);
    mc_buffer_printf(out, ",\"rule\":\"%s\",\"bytes\":%zu,\"fingerprint\":\"%s\"}", place->rule,
                     place->size, fingerprint);
}

static void
print_json(const work_t *work)
{
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "{\"text\":");
    mc_write_json_text(&out, work->result);
    mc_buffer_printf(&out, ",\"masked\":%zu,\"cut\":%zu,\"dropped\":%s,\"places\":[",
                     work->report.masked, work->report.cut,
                     work->report.is_dropped ? "true" : "false");
    for (size_t i = 0; i < mc_redact_places_count(work->places); i++) {
        if (i > 0)
            mc_buffer_byte(&out, ',');
        write_place(&out, mc_redact_places_at(work->places, i));
    }
    mc_buffer_printf(&out, "],\"morePlaces\":%zu}\n", mc_redact_places_more(work->places));
    fwrite(out.data, 1, out.size, stdout);
    mc_buffer_clear(&out);
}

/* On standard error, so that the text can be piped on. */
static void
print_report(const work_t *work)
{
    fprintf(stderr, "%-24s %7s  %-32s  %s\n", "RULE", "BYTES", "FINGERPRINT", "PLACE");
    for (size_t i = 0; i < mc_redact_places_count(work->places); i++) {
        const mc_redact_place_t *place = mc_redact_places_at(work->places, i);
        char fingerprint[FINGERPRINT_TEXT_BYTES];
        print_fingerprint(place, fingerprint);
        fprintf(stderr, "%-24s %7zu  %s  %.*s\n", place->rule, place->size, fingerprint,
                MC_FMT(place->pointer));
    }
    size_t more = mc_redact_places_more(work->places);
    if (more > 0)
        fprintf(stderr, "and %zu more\n", more);
}

static int
do_work(work_t *work, const missionctl_args_t *args)
{
    if (read_input(&work->input) == -1)
        return -1;
    if (missionctl_args_has(args, "strict"))
        mc_redact_json(work->redact, mc_buffer_content(&work->input), &work->output, &work->result,
                       &work->report);
    else
        mc_redact_text(work->redact, mc_buffer_content(&work->input), &work->output, &work->result,
                       &work->report);
    if (missionctl_args_has(args, "json"))
        print_json(work);
    else
        fwrite(work->result.data, 1, work->result.size, stdout);
    if (missionctl_args_has(args, "report"))
        print_report(work);
    if (fflush(stdout) != 0)
        return mc_fail("standard output: %s", strerror(errno));
    if (work->report.is_dropped)
        return mc_fail("the input was dropped whole: %.*s", MC_FMT(work->result));
    return 0;
}

static int
redact(const missionctl_args_t *args)
{
    unsigned char key[MC_REDACT_KEY_BYTES];
    const char *rules = missionctl_args_value(args, "rules");
    work_t work = {0};
    if (sodium_init() == -1)
        return mc_fail("libsodium does not start");
    if (take_key(missionctl_args_value(args, "key-file"), key) == -1)
        return -1;
    work.redact = mc_redact_new(rules ? rules : getenv("AOP_REDACT_RULES"));
    if (!work.redact)
        return -1;
    work.places = mc_redact_places_new(key);
    sodium_memzero(key, sizeof key);
    mc_redact_collect(work.redact, work.places);
    int outcome = do_work(&work, args);
    mc_redact_places_destroy(&work.places);
    mc_redact_destroy(&work.redact);
    mc_buffer_clear(&work.input);
    mc_buffer_clear(&work.output);
    return outcome;
}

static const missionctl_option_t options[] = {
    {"rules", 0, "FILE", "More rules and allow-lists (else AOP_REDACT_RULES)"},
    {"report", 0, NULL, "Say on standard error what was masked, and where"},
    {"strict", 0, NULL, "The input must be JSON: what cannot be read is dropped"},
    {"key-file", 0, "FILE",
     "32 bytes that make fingerprints comparable over calls (else those of this call alone)"},
    {0},
};

const missionctl_command_t missionctl_redact_commands[] = {
    {.name = "redact",
     .options = options,
     .call = redact,
     .doc = "Take the secrets out of standard input, as everything that is stored has them taken "
            "out",
     .examples = "What would be kept of a file, and what would be masked in it:\n"
                 "  missionctl redact --report < request.json\n"
                 "Text, places and counts as one JSON object:\n"
                 "  missionctl redact --json < agent.log\n"},
    {0},
};
