/*
 *  supervisor_log - keeps the supervisor's own log bounded
 */
#include "supervisor_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_file.h"

void
missionctl_supervisor_log_bound(const missionctl_place_t *place)
{
    struct stat status;
    if (fstat(STDERR_FILENO, &status) == -1 || !S_ISREG(status.st_mode) ||
        (size_t)status.st_size < MISSIONCTL_LOG_BYTES_MAX)
        return;
    missionctl_path_t path = missionctl_place_var(place, "log/supervisor.log");
    missionctl_path_t older = missionctl_place_var(place, "log/supervisor.log.1");
    (void)rename(path.text, older.text);
    int fd = open(path.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd == -1)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
}
