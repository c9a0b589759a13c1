/*
 *  line - one line of the log in the making, and the walk over its format
 */
#ifndef MC_COMMON_LOG_LINE_H
#define MC_COMMON_LOG_LINE_H

#include <stdarg.h>

#include "common/log.h"

typedef struct {
    char *data; /* MC_LOG_LINE_BYTES_MAX bytes, lent */
    size_t size;
    bool is_json;
    bool is_full; /* a pair was cut; what comes later is left out */
} mc_log_line_t;

void mc_log_line_open(mc_log_line_t *self, char *data, bool is_json);
void mc_log_line_pair(mc_log_line_t *self, mc_text_t key, mc_text_t value, bool is_number);
/* Ends the line with its newline and returns its size. */
size_t mc_log_line_close(mc_log_line_t *self);

#define MC_LOG_VALUE_BYTES_MAX 2048

/* The "key=value" pieces of a format in turn; value is plain bytes, not quoted yet. */
typedef struct {
    const char *rest;
    va_list args;
    mc_text_t key;
    char value[MC_LOG_VALUE_BYTES_MAX];
    size_t size;
    bool is_number;
} mc_log_walk_t;

bool mc_log_walk_next(mc_log_walk_t *self);

#endif
