/*
 *  process - what every service does to its own process
 */
#include "process.h"

#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/error.h"

#define ARENAS_MAX 2          /* the loop and ZeroMQ's thread */
#define TRIM_BYTES (64 << 20) /* free memory at the top that is kept while there is work */
#define MMAP_BYTES (32 << 20) /* larger blocks go straight back when freed; glibc's most */
#define REST_BYTES (1 << 20)  /* free memory that an idle process keeps */
#define IDLE_CPU_US 200000    /* between two rests, less is idle */
#define ARGUMENT_BYTES_MAX 4096

void
mc_process_slim(void)
{
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
}

/* Segments that nobody writes to, so the file still has what was mapped. */
static int
give_back_segments(struct dl_phdr_info *object, size_t size, void *arg)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
            continue;
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    (void)size;
    (void)arg;
    return 0;
}

void
mc_process_settle(void)
{
    malloc_trim(0);
    dl_iterate_phdr(give_back_segments, NULL);
}

void
mc_process_rest(int64_t *cpu_us)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    int64_t now_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    bool is_idle = now_us - *cpu_us < IDLE_CPU_US;
    *cpu_us = now_us;
    if (is_idle && mallinfo2().fordblks > REST_BYTES)
        malloc_trim(0);
}

int
mc_process_harden(void)
{
    struct rlimit none = {0, 0};
    struct rlimit descriptors;
    if (prctl(PR_SET_DUMPABLE, 0) == -1)
        return mc_fail_errno("forbidding dumps of memory");
    if (setrlimit(RLIMIT_CORE, &none) == -1)
        return mc_fail_errno("forbidding core files");
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == -1)
        return mc_fail_errno("reading the limit of descriptors");
    descriptors.rlim_cur = descriptors.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &descriptors) == -1)
        return mc_fail_errno("raising the limit of descriptors");
    return 0;
}

int
mc_process_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return mc_fail_errno("blocking signals");
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd == -1 ? mc_fail_errno("opening a descriptor for signals") : fd;
}

int
mc_process_signal(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

char *
mc_process_argument(void)
{
    char line[ARGUMENT_BYTES_MAX + 1];
    FILE *file = fopen("/proc/self/cmdline", "re");
    if (!file)
        return NULL;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';

    size_t first = strlen(line) + 1;
    if (first >= size)
        return NULL;
    bool is_only_one = first + strlen(line + first) + 1 >= size;
    char *copy = strdup(is_only_one ? line + first : "");
    if (!copy)
        mc_fatal("out of memory");
    return copy;
}
