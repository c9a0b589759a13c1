/*
 *  table - records of an answer as columns for a person
 */
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/utf8.h"

typedef struct {
    char text[MISSIONCTL_CELL_BYTES_MAX + 4];
} cell_t;

void
missionctl_time_print(int64_t time_us, char ret_text[32])
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(ret_text, 32, "%Y-%m-%d %H:%M:%S", &local);
}

/* On one line, whatever it holds. */
static void
print_text(cell_t *cell, mc_text_t text)
{
    mc_text_t head = mc_utf8_cut(text, MISSIONCTL_CELL_BYTES_MAX);
    snprintf(cell->text, sizeof cell->text, "%.*s%s", MC_FMT(head),
             head.size < text.size ? "..." : "");
    for (char *at = cell->text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
}

static void
print_number(cell_t *cell, const mc_field_t *field, double number)
{
    if (field->kind == MC_TIME_KIND)
        missionctl_time_print((int64_t)(number * 1e6), cell->text);
    else if (field->kind == MC_MONEY_KIND)
        snprintf(cell->text, sizeof cell->text, "$%.4f", number);
    else
        snprintf(cell->text, sizeof cell->text, "%.16g", number);
}

static cell_t
make_cell(mc_json_t object, const mc_field_t *field)
{
    cell_t cell = {"-"};
    mc_json_t value;
    if (!mc_json_find(object, field->json, &value))
        return cell;
    switch (mc_json_kind(value)) {
    case MC_JSON_STRING:
        print_text(&cell, mc_json_text(value));
        break;
    case MC_JSON_INTEGER:
    case MC_JSON_UNSIGNED:
    case MC_JSON_DOUBLE:
        print_number(&cell, field, mc_json_f64(value));
        break;
    case MC_JSON_BOOL:
        snprintf(cell.text, sizeof cell.text, "%s", mc_json_bool(value) ? "yes" : "no");
        break;
    default:
        break;
    }
    return cell;
}

/* Characters, not bytes: what a continuation byte belongs to was counted. */
static int
width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void
print_row(const cell_t *cells, size_t count, const int *widths)
{
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        int pad = is_last ? 0 : widths[i] - width_of(cells[i].text) + 2;
        printf("%s%*s", cells[i].text, pad, "");
    }
    putchar('\n');
}

void
missionctl_table_print(mc_json_t items, const mc_shape_t *shape, const missionctl_column_t *columns)
{
    size_t row_count = mc_json_count(items) + 1;
    size_t count = 0;
    int widths[MISSIONCTL_COLUMNS_MAX] = {0};
    while (columns[count].title)
        count++;
    assert(count <= MISSIONCTL_COLUMNS_MAX);
    cell_t *cells = calloc(row_count * count, sizeof *cells);
    assert(cells);
    for (size_t i = 0; i < count; i++)
        snprintf(cells[i].text, sizeof cells[i].text, "%s", columns[i].title);

    mc_json_iter_t iter = mc_json_iter(items);
    mc_text_t key;
    mc_json_t object;
    for (size_t row = 1; row < row_count && mc_json_next(&iter, &key, &object); row++)
        for (size_t i = 0; i < count && mc_json_kind(object) == MC_JSON_OBJECT; i++)
            cells[row * count + i] = make_cell(object, &shape->fields[columns[i].field]);
    for (size_t i = 0; i < row_count * count; i++) {
        int width = width_of(cells[i].text);
        if (width > widths[i % count])
            widths[i % count] = width;
    }
    for (size_t row = 0; row < row_count; row++)
        print_row(&cells[row * count], count, widths);
    free(cells);
}

void
missionctl_record_print(mc_json_t object, const mc_shape_t *shape)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        cell_t cell = make_cell(object, &shape->fields[i]);
        if (strcmp(cell.text, "-"))
            printf("  %-28s %s\n", shape->fields[i].json, cell.text);
    }
}
