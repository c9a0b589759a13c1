/*
 *  log - events of a service as lines of key=value pairs on standard error
 *
 *  An event is a row of a table (name, level, doc); the pairs are given as one
 *  printf format of "key=%s" pieces separated by single spaces. Values with
 *  spaces or quotes are quoted; control bytes are escaped. Known conversions:
 *  %s %.*s %d %i %u %ld %lu %lld %llu %zu %zd %c %g %.Nf %x %%. As JSON when the
 *  setting says so: a piece that is one number is a number there. Lines below
 *  the level are not made. A line is at most 4 KiB, written at once; a value
 *  that does not fit ends in "...".
 *
 *      #define BUDGET_LOGS(LOG) LOG(lease_lost, WARNING, "A router's lease ran out")
 *      #define MC_LOG_BUDGET(...) MC_LOG_DECLARE(budget_log, __VA_ARGS__)
 *      BUDGET_LOGS(MC_LOG_BUDGET)
 *      mc_log(&budget_log_lease_lost, "router=%s tokens=%lld", name, tokens);
 */
#ifndef MC_COMMON_LOG_H
#define MC_COMMON_LOG_H

#include <stdarg.h>

#include "proto/base.h"

#define MC_LOG_LINE_BYTES_MAX 4096

typedef enum { MC_LOG_DEBUG, MC_LOG_INFO, MC_LOG_WARNING, MC_LOG_ERROR } mc_log_level_t;

typedef struct {
    const char *name;
    mc_log_level_t level;
    const char *doc;
} mc_log_event_t;

/* Declares one constant event for each row: <prefix>_<name>. Put into a header; events are tiny. */
#define MC_LOG_DECLARE(prefix, event, event_level, text)                                           \
    static const mc_log_event_t prefix##_##event                                                   \
        __attribute__((unused)) = {.name = #event, .level = MC_LOG_##event_level, .doc = (text)};

/* Sets what every line starts with and how it is written; before the first line. */
void mc_log_open(const char *service, const char *instance, mc_log_level_t level, bool is_json);

/* The level of a word, or -1. */
int mc_log_level(const char *word);

void mc_log(const mc_log_event_t *event, const char *format, ...) MC_PRINTF(2, 3);

/* Makes a line without writing it, with its newline. Returns its size. For the log itself and its
 * tests. */
size_t mc_log_format(const mc_log_event_t *event, char ret_line[MC_LOG_LINE_BYTES_MAX],
                     const char *format, va_list args);

#endif
