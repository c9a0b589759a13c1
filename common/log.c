/*
 *  log - events of a service as lines of key=value pairs on standard error
 *
 *  A line is made on the stack: first each value as plain bytes, by walking the
 *  format and letting snprintf do one conversion at a time, then the value as
 *  the line's form wants it. Room for the end of the line is always kept, so a
 *  line that is cut is still whole JSON.
 */
#include "log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log/line.h"

/* The log of the process; set once, before there are threads. */
static struct {
    char service[64];
    char instance[80];
    mc_log_level_t level;
    bool is_json;
} the_log = {.service = "", .level = MC_LOG_INFO};

static const char *const level_words[] = {"debug", "info", "warning", "error"};

int
mc_log_level(const char *word)
{
    for (size_t i = 0; i < MC_COUNT(level_words); i++)
        if (!strcmp(word, level_words[i]))
            return (int)i;
    return -1;
}

void
mc_log_open(const char *service, const char *instance, mc_log_level_t level, bool is_json)
{
    snprintf(the_log.service, sizeof the_log.service, "%s", service);
    snprintf(the_log.instance, sizeof the_log.instance, "%s", instance ? instance : "");
    the_log.level = level;
    the_log.is_json = is_json;
}

static void
print_time(char *room, size_t size)
{
    struct timespec now;
    struct tm utc;
    char seconds[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(room, size, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
}

static void
write_head(mc_log_line_t *line, const mc_log_event_t *event)
{
    char now[48];
    print_time(now, sizeof now);
    mc_log_line_pair(line, MC_TEXT("time"), mc_text(now), false);
    mc_log_line_pair(line, MC_TEXT("level"), mc_text(level_words[event->level]), false);
    if (the_log.service[0])
        mc_log_line_pair(line, MC_TEXT("service"), mc_text(the_log.service), false);
    if (the_log.instance[0])
        mc_log_line_pair(line, MC_TEXT("instance"), mc_text(the_log.instance), false);
    mc_log_line_pair(line, MC_TEXT("event"), mc_text(event->name), false);
}

size_t
mc_log_format(const mc_log_event_t *event, char ret_line[MC_LOG_LINE_BYTES_MAX], const char *format,
              va_list args)
{
    mc_log_line_t line;
    mc_log_walk_t walk = {.rest = format};
    va_copy(walk.args, args);

    mc_log_line_open(&line, ret_line, the_log.is_json);
    write_head(&line, event);
    while (mc_log_walk_next(&walk))
        mc_log_line_pair(&line, walk.key, (mc_text_t){walk.value, walk.size}, walk.is_number);
    va_end(walk.args);
    return mc_log_line_close(&line);
}

void
mc_log(const mc_log_event_t *event, const char *format, ...)
{
    if (event->level < the_log.level)
        return;
    char line[MC_LOG_LINE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    size_t size = mc_log_format(event, line, format, args);
    va_end(args);
    while (write(STDERR_FILENO, line, size) == -1 && errno == EINTR)
        ;
}
