/*
 *  fuzz_vault - the formats of the vault: header, row, snapshot, chain, marks, orders
 *
 *  The first byte chooses the reader, the rest is what it reads. Nothing that it
 *  takes may open with keys that did not make it.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/codec.h"
#include "services/vault/book.h"
#include "services/vault/chain.h"

static vault_keyring_t *ring;

static void
read_header(mc_text_t bytes)
{
    vault_header_t header;
    uint8_t root[VAULT_KEY_BYTES];
    if (vault_header_read(&header, bytes) == -1)
        return;
    if (vault_header_open(&header, ring->root, false, root) == 0 ||
        vault_header_open(&header, ring->root, true, root) == 0)
        abort();
    vault_keyring_t *other = vault_keyring_new();
    if (vault_header_open_ring(&header, other) == 0)
        abort();
    vault_keyring_destroy(&other);
}

static void
read_row(mc_text_t bytes)
{
    static const uint8_t vault_id[VAULT_ID_BYTES];
    static char value[VAULT_SECRET_BYTES_MAX];
    size_t size;
    vault_row_t row;
    if (vault_row_read(&row, MC_TEXT("openai"), 1, bytes) == -1)
        return;
    if (vault_row_open(&row, vault_id, ring, value, &size) == 0)
        abort();
    vault_row_clear(&row);
}

static void
read_snapshot(mc_text_t bytes)
{
    MC_AUTO(vault_book) book = vault_book_read(bytes);
    if (book && vault_book_check(book, ring) == 0)
        abort();
}

static void
read_chain(mc_text_t bytes)
{
    static const uint8_t vault_id[16];
    vault_chain_t chain;
    vault_chain_begin(&chain, vault_id);
    if (vault_chain_follow(&chain, ring, bytes) == 0 ||
        vault_chain_read_mark(&chain, ring, bytes) == 0 ||
        vault_chain_read_signed(&chain, ring, bytes) == 0)
        abort();
}

static void
read_order(mc_text_t bytes)
{
    mc_vault_order_t order;
    mc_vault_report_t report;
    mc_refusal_t refusal;
    MC_AUTO(mc_arena) arena = mc_arena_new();
    if (mc_unpack(&mc_vault_order_shape, bytes, arena, &order, &refusal) == 0 && !order.verb.size)
        abort();
    (void)!mc_unpack(&mc_vault_report_shape, bytes, arena, &report, &refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(mc_text_t) = {read_header, read_row, read_snapshot, read_chain,
                                                 read_order};
    if (!ring) {
        if (sodium_init() == -1)
            abort();
        ring = vault_keyring_new();
        vault_keyring_make(ring);
    }
    if (size)
        readers[data[0] % MC_COUNT(readers)](vault_bytes(data + 1, size - 1));
    return 0;
}
