/*
 *  codec_copy - records as PostgreSQL's binary values and rows of COPY BINARY
 *
 *      file     header, rows, trailer
 *      header   "PGCOPY\n\377\r\n\0", flags (4), size of an extension (4)
 *      row      count of columns (2), for each its size (4; -1 is NULL) and value
 *      trailer  -1 (2)
 *      numeric  count of digits (2), weight of the first (2), sign (2), decimals
 *               shown (2), digits of base 10000 (2 each)
 *
 *  All numbers are big-endian.
 */
#include "codec.h"

#include <endian.h>

#define NUMERIC_BASE 10000
#define NUMERIC_DIGITS 6 /* of 64 bits in billionths: three before the point, three behind */
#define NUMERIC_NEGATIVE 0x4000
#define NUMERIC_WEIGHT_MAX 2 /* of 10^10 dollars, above what 64 bits hold */
#define NUMERIC_HEAD_BYTES 8

static void
put_u16(char *at, uint16_t value)
{
    uint16_t wire = htobe16(value);
    memcpy(at, &wire, sizeof wire);
}

static uint16_t
get_u16(const char *at)
{
    uint16_t wire;
    memcpy(&wire, at, sizeof wire);
    return be16toh(wire);
}

/* Base 10000 digits of an amount, highest first; the point stands behind the third. */
static void
split_money(uint64_t amount, uint16_t digits[NUMERIC_DIGITS])
{
    uint64_t whole = amount / MC_NANOUSD;
    uint64_t fraction = amount % MC_NANOUSD * 1000; /* nine decimals become twelve */
    for (int i = 2; i >= 0; i--, whole /= NUMERIC_BASE, fraction /= NUMERIC_BASE) {
        digits[i] = (uint16_t)(whole % NUMERIC_BASE);
        digits[i + 3] = (uint16_t)(fraction % NUMERIC_BASE);
    }
}

/* Decimals that are not zeros at the end. */
static uint16_t
decimal_count(uint64_t billionths)
{
    uint16_t count = 9;
    if (billionths == 0)
        return 0;
    for (; billionths % 10 == 0; billionths /= 10)
        count--;
    return count;
}

static void
write_numeric(int64_t nanousd, mc_buffer_t *out)
{
    uint64_t amount = nanousd < 0 ? 0 - (uint64_t)nanousd : (uint64_t)nanousd;
    uint16_t digits[NUMERIC_DIGITS];
    char text[NUMERIC_HEAD_BYTES + 2 * NUMERIC_DIGITS];
    split_money(amount, digits);

    int first = 0;
    int end = NUMERIC_DIGITS;
    while (end > 0 && digits[end - 1] == 0)
        end--;
    while (first < end && digits[first] == 0)
        first++;

    put_u16(text, (uint16_t)(end - first));
    put_u16(text + 2, (uint16_t)(end > first ? NUMERIC_WEIGHT_MAX - first : 0));
    put_u16(text + 4, nanousd < 0 ? NUMERIC_NEGATIVE : 0);
    put_u16(text + 6, decimal_count(amount % MC_NANOUSD));
    for (int i = first; i < end; i++)
        put_u16(text + NUMERIC_HEAD_BYTES + 2 * (i - first), digits[i]);
    mc_buffer_append(out, text, NUMERIC_HEAD_BYTES + 2 * (size_t)(end - first));
}

typedef struct {
    int count;
    int weight; /* of the first digit, in powers of 10000 */
    uint16_t sign;
    const char *digits;
} numeric_t;

/* The digit of this weight, 0 where none is written. */
static uint16_t
digit_at(const numeric_t *self, int weight)
{
    int index = self->weight - weight;
    return index < 0 || index >= self->count ? 0 : get_u16(self->digits + 2 * index);
}

static bool
read_numeric(mc_text_t bytes, numeric_t *ret_numeric)
{
    if (bytes.size < NUMERIC_HEAD_BYTES)
        return false;
    numeric_t numeric = {
        .count = get_u16(bytes.data),
        .weight = (int16_t)get_u16(bytes.data + 2),
        .sign = get_u16(bytes.data + 4),
        .digits = bytes.data + NUMERIC_HEAD_BYTES,
    };
    if (bytes.size != NUMERIC_HEAD_BYTES + 2 * (size_t)numeric.count)
        return false;
    for (int i = 0; i < numeric.count; i++)
        if (get_u16(numeric.digits + 2 * i) >= NUMERIC_BASE)
            return false;
    *ret_numeric = numeric;
    return numeric.sign == 0 || numeric.sign == NUMERIC_NEGATIVE;
}

int
mc_copy_read_money(mc_text_t bytes, int64_t *ret_nanousd)
{
    numeric_t numeric;
    if (!read_numeric(bytes, &numeric) ||
        (numeric.count > 0 && numeric.weight > NUMERIC_WEIGHT_MAX))
        return MC_REFUSED;

    /* In 128 bits: 10^12 dollars in units of 10^-12 pass 64 bits. */
    unsigned __int128 amount = 0;
    for (int weight = NUMERIC_WEIGHT_MAX; weight >= -3; weight--)
        amount = amount * NUMERIC_BASE + digit_at(&numeric, weight);
    amount = (amount + 500) / 1000;
    if (amount > INT64_MAX)
        return MC_REFUSED;
    *ret_nanousd = numeric.sign ? -(int64_t)amount : (int64_t)amount;
    return 0;
}

static bool
is_in(const char *name, const char *const *names)
{
    for (; names && *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

void
mc_columns_init(mc_columns_t *self, const mc_shape_t *shape, const char *const *skip)
{
    self->count = 0;
    for (size_t i = 0; i < shape->field_count; i++) {
        const mc_field_t *field = &shape->fields[i];
        bool is_column = field->rule != MC_INBOUND && field->kind != MC_RECORD_KIND &&
                         field->kind != MC_LIST_KIND;
        if (!is_column || is_in(field->name, skip))
            continue;
        self->fields[self->count] = field;
        self->indexes[self->count++] = (uint8_t)i;
    }
}

void
mc_columns_write_names(const mc_columns_t *self, mc_buffer_t *out)
{
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0)
            mc_buffer_string(out, ", ");
        mc_buffer_string(out, self->fields[i]->name);
    }
}

void
mc_copy_header(mc_buffer_t *out)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
    mc_buffer_append(out, header, sizeof header - 1);
}

void
mc_copy_trailer(mc_buffer_t *out)
{
    mc_buffer_u16(out, UINT16_MAX);
}

void
mc_copy_value(const mc_field_t *field, const void *record, mc_buffer_t *out)
{
    const void *member = mc_record_member(record, field);
    switch (field->kind) {
    case MC_TEXT_KIND:
    case MC_JSON_KIND:
        mc_buffer_text(out, *(const mc_text_t *)member);
        return;
    case MC_I64_KIND:
        mc_buffer_u64(out, *(const uint64_t *)member);
        return;
    case MC_F64_KIND:
        mc_buffer_u64(out, *(const uint64_t *)member);
        return;
    case MC_TIME_KIND:
        mc_buffer_u64(out, (uint64_t)(*(const int64_t *)member - MC_POSTGRES_EPOCH_US));
        return;
    case MC_BOOL_KIND:
        mc_buffer_byte(out, *(const bool *)member);
        return;
    case MC_MONEY_KIND:
        write_numeric(*(const int64_t *)member, out);
        return;
    case MC_UUID_KIND:
        mc_buffer_append(out, member, sizeof(mc_uuid_t));
        return;
    default:
        assert(!"a list has no column");
    }
}

/* The size stands before the value and is known behind it. */
static void
write_column(const mc_field_t *field, const void *record, mc_buffer_t *out)
{
    size_t start = out->size;
    mc_buffer_u32(out, 0);
    mc_copy_value(field, record, out);
    if (out->is_full)
        return;
    uint32_t size = htobe32((uint32_t)(out->size - start - sizeof size));
    memcpy(out->data + start, &size, sizeof size);
}

void
mc_copy_row(const mc_columns_t *columns, const void *record, mc_buffer_t *out)
{
    mc_buffer_u16(out, (uint16_t)columns->count);
    for (size_t i = 0; i < columns->count; i++) {
        if (mc_record_has(record, columns->indexes[i]))
            write_column(columns->fields[i], record, out);
        else
            mc_buffer_u32(out, UINT32_MAX);
    }
}
