/*
 *  process - what Prometheus wants to know of every process
 */
#include "common/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int64_t
resident_bytes(void)
{
    int64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*s %" SCNd64, &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t
open_descriptors(void)
{
    int64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the descriptor of the folder itself */
}

static int64_t
descriptors_max(void)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    return (int64_t)limit.rlim_cur;
}

static double
seconds_of(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Seconds from boot to the start of this process: field 22 of stat, counted behind the name. */
static double
started_after_boot(void)
{
    char text[1024] = "";
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file)
        return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK) : 0;
}

void
mc_metrics_print_process(mc_buffer_t *out)
{
    static const char head[] = "# HELP %s %s\n# TYPE %s %s\n%s ";
    double started = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + started_after_boot();
    struct {
        const char *name;
        const char *type;
        const char *doc;
        double value;
    } const rows[] = {
        {"process_cpu_seconds_total", "counter", "CPU time used, in seconds",
         seconds_of(CLOCK_PROCESS_CPUTIME_ID)},
        {"process_resident_memory_bytes", "gauge", "Resident memory, in bytes",
         (double)resident_bytes()},
        {"process_open_fds", "gauge", "Open file descriptors", (double)open_descriptors()},
        {"process_max_fds", "gauge", "Most open file descriptors", (double)descriptors_max()},
        {"process_start_time_seconds", "gauge", "When the process started, in seconds since 1970",
         started},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_buffer_printf(out, head, rows[i].name, rows[i].doc, rows[i].name, rows[i].type,
                         rows[i].name);
        mc_buffer_printf(out, "%.15g\n", rows[i].value);
    }
}
