/*
 *  redact_filter - one pass over a text that finds every place worth a look
 */
#include "redact_filter.h"

#include <hs/hs.h>
#include <malloc.h>
#include <stdlib.h>

#include "common/error.h"

#define LITERALS_MAX 1024
#define HITS_FIRST 64

/* Every name that is not harmless holds one of these, in any case. */
const char *const mc_redact_name_parts[] = {
    "pass", "pwd",   "pswd",   "secret", "cred",  "key",  "token", "jwt",  "bearer", "assertion",
    "veri", "auth",  "cookie", "conn",   "otp",   "mfa",  "code",  "cvv",  "cvc",    "sess",
    "sig",  "nonce", "salt",   "seed",   "state", "hash", "csrf",  "xsrf", "pw",     NULL,
};

/* The other places, and whether case counts. */
static const struct {
    mc_redact_look_t look;
    bool has_case;
    const char *literal;
} places[] = {
    {MC_REDACT_LOOK_URL, true, "://"},
    {MC_REDACT_LOOK_BLOCK, true, "-----BEGIN "},
    {MC_REDACT_LOOK_BLOCK, true, "PuTTY-User-Key-File-"},
    {MC_REDACT_LOOK_SCHEME, false, "bearer "},
    {MC_REDACT_LOOK_SCHEME, false, "basic "},
    {MC_REDACT_LOOK_COMMAND, true, "-u "},
    {MC_REDACT_LOOK_COMMAND, true, "--user "},
    {MC_REDACT_LOOK_COMMAND, true, "--user="},
    {MC_REDACT_LOOK_COMMAND, true, "sshpass -p"},
    {MC_REDACT_LOOK_COMMAND, true, " -p"},
    {MC_REDACT_LOOK_PGPASS, true, ":5432:"},
    {MC_REDACT_LOOK_DSN, true, "@tcp("},
    {MC_REDACT_LOOK_DSN, true, "@unix("},
    {MC_REDACT_LOOK_IDENTIFIED, false, "identified by"},
    {MC_REDACT_LOOK_ESCAPE, true, "\\u00"},
    {MC_REDACT_LOOK_ESCAPE, true, "\\uff"},
    {MC_REDACT_LOOK_ESCAPE, true, "\\uFF"},
    {MC_REDACT_LOOK_NAME, true, "\xef\xbc"}, /* fullwidth forms */
    {MC_REDACT_LOOK_NAME, true, "\xef\xbd"},
    /* Base64 of two digits, as Discord's tokens begin. */
    {MC_REDACT_LOOK_DISCORD, true, "MD"},
    {MC_REDACT_LOOK_DISCORD, true, "MT"},
    {MC_REDACT_LOOK_DISCORD, true, "Mj"},
    {MC_REDACT_LOOK_DISCORD, true, "Mz"},
    {MC_REDACT_LOOK_DISCORD, true, "ND"},
    {MC_REDACT_LOOK_DISCORD, true, "NT"},
    {MC_REDACT_LOOK_DISCORD, true, "Nj"},
    {MC_REDACT_LOOK_DISCORD, true, "Nz"},
    {MC_REDACT_LOOK_DISCORD, true, "OD"},
    {MC_REDACT_LOOK_DISCORD, true, "OT"},
};

typedef struct {
    const char *texts[LITERALS_MAX];
    size_t sizes[LITERALS_MAX];
    unsigned flags[LITERALS_MAX];
    unsigned ids[LITERALS_MAX];
    unsigned count;
} literals_t;

struct mc_redact_filter {
    const char *const *extra_names;
    hs_database_t *database;
    hs_scratch_t *scratch;
    size_t bytes;
    uint16_t looks[LITERALS_MAX]; /* by literal */
    uint16_t sizes[LITERALS_MAX];
};

static void
add_literal(mc_redact_filter_t *self, literals_t *literals, const char *text, bool has_case,
            unsigned look)
{
    unsigned i = literals->count++;
    assert(i < LITERALS_MAX);
    literals->texts[i] = text;
    literals->sizes[i] = strlen(text);
    literals->flags[i] = has_case ? 0 : HS_FLAG_CASELESS;
    literals->ids[i] = i;
    self->looks[i] = (uint16_t)look;
    self->sizes[i] = (uint16_t)literals->sizes[i];
}

static void
add_literals(mc_redact_filter_t *self, literals_t *literals)
{
    for (unsigned i = 0; i < MC_REDACT_SHAPES; i++)
        add_literal(self, literals, mc_redact_shapes[i].literal, true, i);
    for (size_t i = 0; i < MC_COUNT(places); i++)
        add_literal(self, literals, places[i].literal, places[i].has_case, places[i].look);
    for (const char *const *name = mc_redact_name_parts; *name; name++)
        add_literal(self, literals, *name, false, MC_REDACT_LOOK_NAME);
    for (const char *const *name = self->extra_names; name && *name; name++)
        if (literals->count < LITERALS_MAX)
            add_literal(self, literals, *name, false, MC_REDACT_LOOK_NAME);
}

static int
compile(mc_redact_filter_t *self)
{
    literals_t *literals = calloc(1, sizeof *literals);
    if (!literals)
        mc_fatal("out of memory");
    add_literals(self, literals);

    hs_compile_error_t *error = NULL;
    hs_error_t result =
        hs_compile_lit_multi(literals->texts, literals->flags, literals->ids, literals->sizes,
                             literals->count, HS_MODE_BLOCK, NULL, &self->database, &error);
    free(literals);
    if (result != HS_SUCCESS) {
        mc_fail("the redaction rules cannot be compiled: %s", error ? error->message : "no reason");
        hs_free_compile_error(error);
        return -1;
    }
    if (hs_alloc_scratch(self->database, &self->scratch) != HS_SUCCESS)
        return mc_fail("no memory to run the redaction rules");
    hs_database_size(self->database, &self->bytes);
    malloc_trim(0); /* the compiler's working memory, some 2 MiB, is not needed again */
    return 0;
}

mc_redact_filter_t *
mc_redact_filter_new(const char *const *extra_names)
{
    mc_redact_filter_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->extra_names = extra_names;
    return self;
}

void
mc_redact_filter_destroy(mc_redact_filter_t **address)
{
    mc_redact_filter_t *self = mc_take(address);
    if (!self)
        return;
    hs_free_scratch(self->scratch);
    hs_free_database(self->database);
    free(self);
}

typedef struct {
    const mc_redact_filter_t *filter;
    mc_redact_hits_t *hits;
    bool is_sorted;
} scan_t;

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    (void)from;
    (void)flags;
    scan_t *scan = arg;
    mc_redact_hits_t *hits = scan->hits;
    if (hits->count == hits->capacity) {
        hits->capacity = hits->capacity ? hits->capacity * 2 : HITS_FIRST;
        hits->items = realloc(hits->items, hits->capacity * sizeof *hits->items);
        if (!hits->items)
            mc_fatal("out of memory");
    }
    uint16_t size = scan->filter->sizes[id];
    mc_redact_hit_t hit = {(uint32_t)to - size, size, scan->filter->looks[id]};
    if (hits->count > 0 && hits->items[hits->count - 1].start > hit.start)
        scan->is_sorted = false;
    hits->items[hits->count++] = hit;
    return 0;
}

static int
compare_hits(const void *one, const void *other)
{
    const mc_redact_hit_t *left = one, *right = other;
    return left->start < right->start ? -1 : left->start > right->start;
}

int
mc_redact_filter_scan(mc_redact_filter_t *self, mc_text_t text, mc_redact_hits_t *hits)
{
    assert(text.size <= UINT32_MAX);
    hits->count = 0;
    if (!self->database && compile(self) == -1)
        return -1;
    if (text.size == 0)
        return 0;
    scan_t scan = {.filter = self, .hits = hits, .is_sorted = true};
    hs_error_t result =
        hs_scan(self->database, text.data, (unsigned)text.size, 0, self->scratch, on_match, &scan);
    if (result != HS_SUCCESS)
        return mc_fail("the redaction rules did not run, code %d", result);
    if (!scan.is_sorted)
        qsort(hits->items, hits->count, sizeof *hits->items, compare_hits);
    return 0;
}

size_t
mc_redact_filter_bytes(const mc_redact_filter_t *self)
{
    return self->bytes;
}

void
mc_redact_hits_clear(mc_redact_hits_t *hits)
{
    free(hits->items);
    *hits = (mc_redact_hits_t){0};
}
