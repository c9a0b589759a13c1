/*
 *  ticker - an agent's process that shows when it last moved
 *
 *      ticker FILE INDEX
 *
 *  Writes the clock, in microseconds since 1970, into its place of the file, every
 *  10 ms, for as long as it runs.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 10000000L
#define PAGE_BYTES ((size_t)4096)

int
main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: ticker FILE INDEX\n");
        return 2;
    }
    int file = open(words[1], O_RDWR);
    size_t index = strtoul(words[2], NULL, 10);
    off_t page = (off_t)(index * sizeof(int64_t) / PAGE_BYTES * PAGE_BYTES);
    volatile int64_t *places =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, page);
    if (file == -1 || places == MAP_FAILED) {
        perror("ticker");
        return 1;
    }
    size_t place = index % (PAGE_BYTES / sizeof(int64_t));
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        places[place] = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
        nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
    }
}
