/*
 *  read - binary results as values and records
 */
#include "common/store.h"

#include <endian.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/ids.h"
#include "proto/codec.h"

/* The types that are read, by their fixed numbers in pg_type. */
enum {
    TYPE_BOOL = 16,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_JSON = 114,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
    TYPE_NUMERIC = 1700,
    TYPE_UUID = 2950,
    TYPE_JSONB = 3802,
};

static mc_text_t
bytes_of(const PGresult *result, int row, int column)
{
    return (mc_text_t){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

static uint64_t
big_endian(mc_text_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | (uint8_t)bytes.data[i];
    return value;
}

/* Each reads a value of a type it knows: 0, or MC_REFUSED. */

static int
read_i64(Oid type, mc_text_t bytes, int64_t *ret_value)
{
    int64_t money;
    switch (type) {
    case TYPE_INT2:
        *ret_value = (int16_t)big_endian(bytes);
        return 0;
    case TYPE_INT4:
        *ret_value = (int32_t)big_endian(bytes);
        return 0;
    case TYPE_INT8:
        *ret_value = (int64_t)big_endian(bytes);
        return 0;
    case TYPE_NUMERIC: /* the sum of bigints */
        if (mc_copy_read_money(bytes, &money) != 0 || money % MC_NANOUSD)
            return MC_REFUSED;
        *ret_value = money / MC_NANOUSD;
        return 0;
    default:
        return MC_REFUSED;
    }
}

static int
read_f64(Oid type, mc_text_t bytes, double *ret_value)
{
    int64_t whole;
    if (type == TYPE_FLOAT8) {
        uint64_t wire = big_endian(bytes);
        memcpy(ret_value, &wire, sizeof wire);
    } else if (type == TYPE_FLOAT4) {
        uint32_t wire = (uint32_t)big_endian(bytes);
        float narrow;
        memcpy(&narrow, &wire, sizeof wire);
        *ret_value = (double)narrow;
    } else if (type == TYPE_NUMERIC) {
        if (mc_copy_read_money(bytes, &whole) != 0)
            return MC_REFUSED;
        *ret_value = (double)whole / (double)MC_NANOUSD;
    } else {
        if (read_i64(type, bytes, &whole) != 0)
            return MC_REFUSED;
        *ret_value = (double)whole;
    }
    return 0;
}

static int
read_time(Oid type, mc_text_t bytes, int64_t *ret_value)
{
    if (type != TYPE_TIMESTAMPTZ && type != TYPE_TIMESTAMP)
        return MC_REFUSED;
    int64_t since_2000 = (int64_t)big_endian(bytes);
    if (since_2000 > INT64_MAX - MC_POSTGRES_EPOCH_US) /* infinity */
        return MC_REFUSED;
    *ret_value = since_2000 + MC_POSTGRES_EPOCH_US;
    return 0;
}

static int
read_money(Oid type, mc_text_t bytes, int64_t *ret_value)
{
    int64_t whole;
    if (type == TYPE_NUMERIC)
        return mc_copy_read_money(bytes, ret_value);
    if (read_i64(type, bytes, &whole) != 0 || __builtin_mul_overflow(whole, MC_NANOUSD, ret_value))
        return MC_REFUSED;
    return 0;
}

static int
read_bool(Oid type, mc_text_t bytes, bool *ret_value)
{
    if (type != TYPE_BOOL)
        return MC_REFUSED;
    *ret_value = bytes.data[0] != 0;
    return 0;
}

static int
read_uuid(Oid type, mc_text_t bytes, mc_uuid_t *ret_value)
{
    if (type != TYPE_UUID)
        return MC_REFUSED;
    memcpy(ret_value->bytes, bytes.data, sizeof ret_value->bytes);
    return 0;
}

/* Lent by the result. */
static int
read_text(Oid type, mc_text_t bytes, mc_text_t *ret_value)
{
    switch (type) {
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_NAME:
    case TYPE_JSON:
        *ret_value = bytes;
        return 0;
    case TYPE_JSONB: /* behind the version byte */
        *ret_value = (mc_text_t){bytes.data + 1, bytes.size - 1};
        return 0;
    default:
        return MC_REFUSED;
    }
}

int64_t
mc_store_i64(const PGresult *result, int row, int column)
{
    int64_t value = 0;
    if (!PQgetisnull(result, row, column))
        (void)!read_i64(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

double
mc_store_f64(const PGresult *result, int row, int column)
{
    double value = 0;
    if (!PQgetisnull(result, row, column))
        (void)!read_f64(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

bool
mc_store_bool(const PGresult *result, int row, int column)
{
    bool value = false;
    if (!PQgetisnull(result, row, column))
        (void)!read_bool(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

int64_t
mc_store_time(const PGresult *result, int row, int column)
{
    int64_t value = 0;
    if (!PQgetisnull(result, row, column))
        (void)!read_time(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

mc_uuid_t
mc_store_uuid(const PGresult *result, int row, int column)
{
    mc_uuid_t value = {0};
    if (!PQgetisnull(result, row, column))
        (void)!read_uuid(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

mc_text_t
mc_store_text(const PGresult *result, int row, int column)
{
    mc_text_t value = {0};
    if (!PQgetisnull(result, row, column))
        (void)!read_text(PQftype(result, column), bytes_of(result, row, column), &value);
    return value;
}

/* Text of the arena: as it came, or of a UUID. */
static int
copy_text(Oid type, mc_text_t bytes, mc_arena_t *arena, mc_text_t *ret_text)
{
    mc_text_t text;
    mc_uuid_t uuid;
    if (read_text(type, bytes, &text) == 0) {
        *ret_text = mc_arena_text(arena, text);
        return 0;
    }
    if (read_uuid(type, bytes, &uuid) != 0)
        return MC_REFUSED;
    char *room = mc_arena_alloc(arena, MC_UUID_TEXT_SIZE);
    mc_uuid_print(uuid, room);
    *ret_text = mc_text(room);
    return 0;
}

static int
read_member(const mc_field_t *field, Oid type, mc_text_t bytes, mc_arena_t *arena, void *member)
{
    switch ((mc_kind_t)field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        return copy_text(type, bytes, arena, member);
    case MC_I64_KIND:
        return read_i64(type, bytes, member);
    case MC_F64_KIND:
        return read_f64(type, bytes, member);
    case MC_BOOL_KIND:
        return read_bool(type, bytes, member);
    case MC_TIME_KIND:
        return read_time(type, bytes, member);
    case MC_MONEY_KIND:
        return read_money(type, bytes, member);
    case MC_UUID_KIND:
        return read_uuid(type, bytes, member);
    case MC_RECORD_KIND:
    case MC_LIST_KIND:
        break;
    }
    return MC_REFUSED;
}

/* The field of a column, found once for all rows; NULL: no such field. */
typedef struct {
    const mc_field_t *field;
} column_t;

typedef struct {
    column_t *items;
    int count;
} columns_t;

static columns_t
map_columns(const PGresult *result, const mc_shape_t *shape, mc_arena_t *arena)
{
    columns_t columns = {.count = PQnfields(result)};
    columns.items = mc_arena_alloc(arena, (size_t)columns.count * sizeof(column_t));
    for (int i = 0; i < columns.count; i++)
        columns.items[i].field = mc_shape_find_name(shape, mc_text(PQfname(result, i)));
    return columns;
}

static int
read_row(const PGresult *result, int row, const columns_t *columns, const mc_shape_t *shape,
         mc_arena_t *arena, void *record)
{
    memset(record, 0, shape->size);
    for (int i = 0; i < columns->count; i++) {
        const mc_field_t *field = columns->items[i].field;
        if (!field || PQgetisnull(result, row, i))
            continue;
        mc_text_t bytes = bytes_of(result, row, i);
        if (read_member(field, PQftype(result, i), bytes, arena, mc_record_member(record, field)) !=
            0)
            return mc_fail("column %s has type %u or a value that %s.%s cannot hold",
                           PQfname(result, i), PQftype(result, i), shape->name, field->name);
        mc_record_mark(record, mc_shape_index(shape, field));
    }
    return 0;
}

int
mc_store_read(const PGresult *result, int row, const mc_shape_t *shape, mc_arena_t *arena,
              void *ret_record)
{
    columns_t columns = map_columns(result, shape, arena);
    return read_row(result, row, &columns, shape, arena, ret_record);
}

int
mc_store_read_all(const PGresult *result, const mc_shape_t *shape, mc_arena_t *arena,
                  mc_list_t *ret_records)
{
    columns_t columns = map_columns(result, shape, arena);
    int count = PQntuples(result);
    char *records = mc_arena_alloc(arena, (size_t)count * shape->size);
    for (int row = 0; row < count; row++)
        if (read_row(result, row, &columns, shape, arena, records + (size_t)row * shape->size) ==
            -1)
            return -1;
    *ret_records = (mc_list_t){records, (size_t)count};
    return 0;
}
