/*
 *  utf8 - is this text UTF-8, and where may it be cut
 */
#ifndef MC_UTF8_H
#define MC_UTF8_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    MC_UTF8_FINE,
    MC_UTF8_HOLDS_NUL,
    MC_UTF8_BROKEN, /* also overlong forms, surrogates and what is above U+10FFFF */
} mc_utf8_t;

mc_utf8_t mc_utf8_check(mc_text_t text);

/* The longest beginning of at most size bytes that does not split a character. */
mc_text_t mc_utf8_cut(mc_text_t text, size_t size);

/* Makes a C string UTF-8 where it lies: what is broken becomes "?", one for each byte. */
void mc_utf8_mend(char *text);

#ifdef __cplusplus
}
#endif
#endif
