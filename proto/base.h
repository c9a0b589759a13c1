/*
 *  base - the few words that every other file uses
 *
 *  Texts are lent slices, never NUL-terminated by contract: their bytes belong
 *  to an arena or to the message they were read from. A destructor takes the
 *  address of a pointer and leaves NULL, so one macro serves every type.
 */
#ifndef MC_BASE_H
#define MC_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MC_CHECKED __attribute__((warn_unused_result))
#define MC_PRINTF(pattern, first) __attribute__((__format__(__printf__, pattern, first)))

/* Destroys the variable on every return: MC_AUTO(zmsg) msg = zmsg_recv(pipe); */
#define MC_AUTO(type) __attribute__((cleanup(type##_destroy))) type##_t *

/* Ownership leaves the variable, which becomes NULL. */
#define mc_take(address)                                                                           \
    ({                                                                                             \
        __typeof__(*(address)) taken = *(address);                                                 \
        *(address) = NULL;                                                                         \
        taken;                                                                                     \
    })

/* This process cannot go on: one line on standard error says where and why, with errno, and it
 * aborts. For what no caller could mend, such as memory that cannot be had; never for outside data.
 */
#define mc_fatal(why) mc_fatal_at(__FILE__, __LINE__, (why))
__attribute__((noreturn)) void mc_fatal_at(const char *file, int line, const char *why);

#define MC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Outcome of everything that reads outside data: it was not taken, and nothing failed. */
#define MC_REFUSED 1

/* A lent slice of UTF-8 text or of bytes. data may be NULL when size is 0. */
typedef struct {
    const char *data;
    size_t size;
} mc_text_t;

#define MC_TEXT(literal) ((mc_text_t){(literal), sizeof(literal) - 1})

/* The slice over a NUL-terminated string; NULL gives the empty slice. */
static inline mc_text_t
mc_text(const char *string)
{
    return (mc_text_t){string, string ? strlen(string) : 0};
}

static inline bool
mc_text_equals(mc_text_t one, mc_text_t other)
{
    return one.size == other.size && (one.size == 0 || !memcmp(one.data, other.data, one.size));
}

static inline bool
mc_text_is(mc_text_t text, const char *string)
{
    return mc_text_equals(text, mc_text(string));
}

/* For printf: "%.*s" with MC_FMT(text). */
#define MC_FMT(text) (int)(text).size, (text).data ? (text).data : ""

/* 16 bytes in network order. */
typedef struct {
    uint8_t bytes[16];
} mc_uuid_t;

#define MC_UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

/* Lent records of one shape, each shape->size bytes apart. */
typedef struct {
    const void *items;
    size_t count;
} mc_list_t;

#ifdef __cplusplus
}
#endif
#endif
