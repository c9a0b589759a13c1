/*
 *  wiping_free - memory is zeroed before it is given back
 *
 *  Linked into the programs that have secrets pass through libraries: what those
 *  keep for a moment (parsers, HTTP, the bus) is gone with their free. It takes
 *  the place of the C library's free and realloc for the whole program, so it is
 *  not in the common library; the Makefile says who has it. Not under the
 *  sanitizers, which have their own.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifndef MC_SANITIZED

void __libc_free(void *memory);

/* That this file is there. */
extern const bool mc_frees_wiped;
const bool mc_frees_wiped = true;

void
free(void *memory)
{
    int kept = errno;
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    __libc_free(memory);
    errno = kept;
}

/* Never moved by the library, which would leave the old bytes behind. */
void *
realloc(void *memory, size_t size)
{
    size_t had = memory ? malloc_usable_size(memory) : 0;
    if (!memory)
        return malloc(size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    if (size <= had && size > had / 2)
        return memory;
    void *moved = malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, memory, had < size ? had : size);
    free(memory);
    return moved;
}

#endif
