/*
 *  snapshot - a book as the bytes of a file, and back
 */
#include <endian.h>

#include "common/error.h"
#include "services/vault/book.h"

#define MAGIC "MCVSNAP1"
#define MAGIC_BYTES 8

void
vault_book_write(const vault_book_t *self, mc_buffer_t *out)
{
    mc_buffer_append(out, MAGIC, MAGIC_BYTES);
    mc_buffer_u64(out, (uint64_t)self->generation);
    mc_buffer_u32(out, (uint32_t)self->header.size);
    mc_buffer_append(out, self->header.bytes, self->header.size);
    mc_buffer_append(out, self->seal, sizeof self->seal);
    mc_buffer_u32(out, (uint32_t)self->count);
    for (size_t i = 0; i < self->count; i++) {
        const vault_row_t *row = &self->rows[i];
        size_t name = strlen(row->name);
        mc_buffer_byte(out, (uint8_t)name);
        mc_buffer_append(out, row->name, name);
        mc_buffer_u64(out, (uint64_t)row->version);
        mc_buffer_u32(out, (uint32_t)row->size);
        mc_buffer_append(out, row->bytes, row->size);
    }
}

/* Cuts size bytes off the rest; false when there are not as many. */
static bool
cut(mc_text_t *rest, size_t size, mc_text_t *ret_piece)
{
    if (rest->size < size)
        return false;
    *ret_piece = (mc_text_t){rest->data, size};
    *rest = (mc_text_t){rest->data + size, rest->size - size};
    return true;
}

static bool
cut_u64(mc_text_t *rest, uint64_t *ret_value)
{
    mc_text_t piece;
    if (!cut(rest, sizeof *ret_value, &piece))
        return false;
    memcpy(ret_value, piece.data, sizeof *ret_value);
    *ret_value = be64toh(*ret_value);
    return true;
}

static bool
cut_u32(mc_text_t *rest, uint32_t *ret_value)
{
    mc_text_t piece;
    if (!cut(rest, sizeof *ret_value, &piece))
        return false;
    memcpy(ret_value, piece.data, sizeof *ret_value);
    *ret_value = be32toh(*ret_value);
    return true;
}

static int
read_row(vault_book_t *self, mc_text_t *rest)
{
    mc_text_t name_size, name, bytes;
    uint64_t version;
    uint32_t size;
    vault_row_t row;
    if (!cut(rest, 1, &name_size) || !cut(rest, (uint8_t)name_size.data[0], &name) ||
        !cut_u64(rest, &version) || version > INT64_MAX || !cut_u32(rest, &size) ||
        !cut(rest, size, &bytes))
        return mc_fail("the snapshot ends in the middle of a row");
    if (vault_row_read(&row, name, (int64_t)version, bytes) == -1)
        return -1;
    if (vault_book_find(self, name)) {
        vault_row_clear(&row);
        return mc_fail("the snapshot has two rows of one name");
    }
    return vault_book_put(self, &row);
}

static int
read_book(vault_book_t *self, mc_text_t rest)
{
    mc_text_t magic, header, seal;
    uint64_t generation;
    uint32_t header_size, count;
    if (!cut(&rest, MAGIC_BYTES, &magic) || memcmp(magic.data, MAGIC, MAGIC_BYTES) != 0 ||
        !cut_u64(&rest, &generation) || generation == 0 || generation > INT64_MAX ||
        !cut_u32(&rest, &header_size) || !cut(&rest, header_size, &header) ||
        !cut(&rest, VAULT_HASH_BYTES, &seal) || !cut_u32(&rest, &count) || count > VAULT_ROWS_MAX)
        return mc_fail("this is no snapshot of a vault");
    self->generation = (int64_t)generation;
    memcpy(self->seal, seal.data, sizeof self->seal);
    if (vault_header_read(&self->header, header) == -1)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (read_row(self, &rest) == -1)
            return -1;
    return rest.size ? mc_fail("%zu bytes follow the snapshot", rest.size) : 0;
}

vault_book_t *
vault_book_read(mc_text_t bytes)
{
    vault_book_t *self = vault_book_new();
    if (read_book(self, bytes) == -1)
        vault_book_destroy(&self);
    return self;
}
