/*
 *  log_file - the log of one program, bounded in size
 *
 *      gateway.log  gateway.log.1  gateway.log.2
 *
 *  A file that has grown to its maximum is renamed, the oldest goes. Writing
 *  never fails the writer: what a full disk does not take is lost and counted.
 */
#ifndef MISSIONCTL_LOG_FILE_H
#define MISSIONCTL_LOG_FILE_H

#include "place.h"

#define MISSIONCTL_LOG_BYTES_MAX ((size_t)8 << 20)
#define MISSIONCTL_LOG_FILES 3
#define MISSIONCTL_LOG_LINE_MAX 512

typedef struct {
    missionctl_path_t path;
    int fd;
    size_t size;
    size_t lost;                        /* bytes */
    char line[MISSIONCTL_LOG_LINE_MAX]; /* being read */
    size_t line_size;
    char last_line[MISSIONCTL_LOG_LINE_MAX]; /* whole, cut to this size */
} missionctl_log_file_t;

/* Opens or makes the file. */
MC_CHECKED int missionctl_log_file_init(missionctl_log_file_t *self, const char *path);
void missionctl_log_file_clear(missionctl_log_file_t *self);

void missionctl_log_file_write(missionctl_log_file_t *self, mc_text_t bytes);

#endif
