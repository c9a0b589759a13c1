/*
 *  vault_store - every question that the vault asks of PostgreSQL
 *
 *  Bytes travel as base64: parameters are text.
 */
#include "services/vault/vault_store.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/error.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* Rows as "name version base64", one a line: names have no spaces. */
static const char sql_load[] =
    "SELECT generation, translate(encode(header, 'base64'), E'\\n', ''),"
    " translate(encode(seal, 'base64'), E'\\n', ''),"
    " (SELECT coalesce(string_agg(name || ' ' || version || ' ' ||"
    " translate(encode(row, 'base64'), E'\\n', ''), E'\\n' ORDER BY name), '')"
    " FROM aop_vault_secrets) FROM aop_vault WHERE id = 1";

/* The lock is the session's: who loses its connection loses it too. Its number is "mcvl". */
static const char sql_generation[] =
    "SELECT coalesce((SELECT generation FROM aop_vault WHERE id = 1), 0),"
    " CASE WHEN pg_try_advisory_lock(1835234924) THEN 1 ELSE 0 END";

static const char sql_change[] =
    "WITH swap AS (UPDATE aop_vault SET generation = $2::bigint,"
    " header = decode($3::text, 'base64'), seal = decode($4::text, 'base64')"
    " WHERE id = 1 AND generation = $1::bigint RETURNING 1),"
    " made AS (INSERT INTO aop_vault (id, generation, header, seal)"
    " SELECT 1, $2::bigint, decode($3::text, 'base64'), decode($4::text, 'base64')"
    " WHERE $1::bigint = 0 ON CONFLICT (id) DO NOTHING RETURNING 1),"
    " done AS (SELECT 1 FROM swap UNION ALL SELECT 1 FROM made),"
    " gone AS (DELETE FROM aop_vault_secrets WHERE name = ANY ($5::text[])"
    " AND EXISTS (SELECT 1 FROM done)),"
    " put AS (INSERT INTO aop_vault_secrets AS s (name, version, row)"
    " SELECT n, v, decode(r, 'base64') FROM unnest($6::text[], $7::bigint[], $8::text[])"
    " AS u (n, v, r) WHERE EXISTS (SELECT 1 FROM done)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, row = excluded.row)"
    " SELECT count(*) FROM done";

static const char sql_checkpoint[] =
    "INSERT INTO aop_vault_checkpoints (sequence, checkpoint) VALUES ($1, $2)";

void
vault_store_load(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_ask(store, sql_load, NULL, answer, arg);
}

void
vault_store_generation(mc_store_t *store, mc_store_answer_fn *answer, void *arg)
{
    mc_store_ask(store, sql_generation, NULL, answer, arg);
}

/* Decodes base64 into room for max bytes. */
static int
decode(mc_text_t text, uint8_t *room, size_t max, size_t *ret_size)
{
    if (sodium_base642bin(room, max, text.data, text.size, NULL, ret_size, NULL, BASE64))
        return mc_fail("the store of the vault has bytes that are none");
    return 0;
}

static mc_text_t
cut_to(mc_text_t *rest, char mark)
{
    const char *end = memchr(rest->data, mark, rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    mc_text_t piece = {rest->data, size};
    size_t taken = end ? size + 1 : size;
    *rest = (mc_text_t){rest->data + taken, rest->size - taken};
    return piece;
}

static int
read_row(vault_book_t *book, mc_text_t line, uint8_t *room)
{
    char digits[24] = "";
    size_t size = 0;
    vault_row_t row;
    mc_text_t name = cut_to(&line, ' ');
    mc_text_t version = cut_to(&line, ' ');
    if (version.size >= sizeof digits || decode(line, room, VAULT_ROW_BYTES_MAX, &size) == -1)
        return mc_fail("the store of the vault has a row that is none");
    memcpy(digits, version.data, version.size);
    if (vault_row_read(&row, name, strtoll(digits, NULL, 10), vault_bytes(room, size)) == -1)
        return -1;
    int result = vault_book_put(book, &row);
    if (result == -1)
        vault_row_clear(&row);
    return result;
}

static int
read_rows(vault_book_t *book, mc_text_t lines)
{
    uint8_t *room = malloc(VAULT_ROW_BYTES_MAX);
    int result = 0;
    assert(room);
    while (lines.size && result == 0)
        result = read_row(book, cut_to(&lines, '\n'), room);
    free(room);
    return result;
}

static int
read_book(vault_book_t *book, const PGresult *result)
{
    uint8_t header[VAULT_HEADER_BYTES_MAX];
    size_t header_size = 0;
    size_t seal_size = 0;
    book->generation = mc_store_i64(result, 0, 0);
    if (decode(mc_store_text(result, 0, 1), header, sizeof header, &header_size) == -1 ||
        decode(mc_store_text(result, 0, 2), book->seal, sizeof book->seal, &seal_size) == -1 ||
        vault_header_read(&book->header, vault_bytes(header, header_size)) == -1)
        return -1;
    if (seal_size != sizeof book->seal)
        return mc_fail("the seal of the vault's store has %zu bytes", seal_size);
    return read_rows(book, mc_store_text(result, 0, 3));
}

vault_book_t *
vault_store_read(const PGresult *result)
{
    vault_book_t *book = vault_book_new();
    if (PQntuples(result) && read_book(book, result) == -1)
        vault_book_destroy(&book);
    return book;
}

static mc_text_t
encode(mc_arena_t *arena, const uint8_t *bytes, size_t size)
{
    size_t room = sodium_base64_ENCODED_LEN(size, BASE64);
    char *text = mc_arena_alloc(arena, room);
    sodium_bin2base64(text, room, bytes, size, BASE64);
    return mc_text(text);
}

static bool
is_same_row(const vault_row_t *one, const vault_row_t *other)
{
    return one && other && one->version == other->version && one->size == other->size &&
           !memcmp(one->bytes, other->bytes, one->size);
}

/* Names that are gone in next. */
static void
put_gone(mc_store_params_t *params, const vault_book_t *now, const vault_book_t *next)
{
    mc_text_t *names = mc_arena_alloc(params->arena, (now->count + 1) * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < now->count; i++)
        if (!vault_book_find(next, mc_text(now->rows[i].name)))
            names[count++] = mc_text(now->rows[i].name);
    mc_store_param_texts(params, names, count);
}

/* Rows that are new or other in next. */
static void
put_changed(mc_store_params_t *params, const vault_book_t *now, const vault_book_t *next)
{
    mc_text_t *names = mc_arena_alloc(params->arena, (next->count + 1) * sizeof *names);
    mc_text_t *rows = mc_arena_alloc(params->arena, (next->count + 1) * sizeof *rows);
    int64_t *versions = mc_arena_alloc(params->arena, (next->count + 1) * sizeof *versions);
    size_t count = 0;
    for (size_t i = 0; i < next->count; i++) {
        const vault_row_t *row = &next->rows[i];
        if (is_same_row(row, vault_book_find(now, mc_text(row->name))))
            continue;
        names[count] = mc_text(row->name);
        versions[count] = row->version;
        rows[count++] = encode(params->arena, row->bytes, row->size);
    }
    mc_store_param_texts(params, names, count);
    mc_store_param_i64s(params, versions, count);
    mc_store_param_texts(params, rows, count);
}

void
vault_store_change(mc_store_t *store, const vault_book_t *now, const vault_book_t *next,
                   mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = mc_arena_new()};
    mc_store_param_i64(&params, now->generation);
    mc_store_param_i64(&params, next->generation);
    mc_store_param_text(&params, encode(params.arena, next->header.bytes, next->header.size));
    mc_store_param_text(&params, encode(params.arena, next->seal, sizeof next->seal));
    put_gone(&params, now, next);
    put_changed(&params, now, next);
    mc_store_ask(store, sql_change, &params, answer, arg);
    mc_arena_destroy(&params.arena);
}

void
vault_store_add_checkpoint(mc_store_t *store, int64_t sequence, const char *checkpoint,
                           mc_store_answer_fn *answer, void *arg)
{
    mc_store_params_t params = {.arena = mc_arena_new()};
    mc_store_param_i64(&params, sequence);
    mc_store_param_text(&params, mc_text(checkpoint));
    mc_store_ask(store, sql_checkpoint, &params, answer, arg);
    mc_arena_destroy(&params.arena);
}
