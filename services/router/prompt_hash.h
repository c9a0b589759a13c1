/*
 *  prompt_hash - a number that tells the same prompt from another, and nothing else
 *
 *  Keyed: who reads events cannot try which prompt it was. The key is a file, the
 *  same for all routers of a folder and after a start.
 */
#ifndef ROUTER_PROMPT_HASH_H
#define ROUTER_PROMPT_HASH_H

#include "proto/proto.h"

#define ROUTER_PROMPT_KEY_BYTES 16
#define ROUTER_PROMPT_HASH_SIZE 17 /* digits, and a NUL */

/* Reads the key, or makes it. Where neither can be done it is one of this process alone. */
void router_prompt_key(const char *path, unsigned char ret_key[ROUTER_PROMPT_KEY_BYTES]);

/* 16 hexadecimal digits; empty where there is no prompt. */
void router_prompt_hash(const unsigned char *key, mc_text_t prompt,
                        char ret_hash[ROUTER_PROMPT_HASH_SIZE]);

#endif
