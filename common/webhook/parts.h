/*
 *  parts - what the files of webhooks share
 *
 *      webhook.c  lanes: what is due is claimed, sent, and its end is written
 *      target.c   addresses, and what may be said of them
 *      signing.c  the key, and signatures
 */
#ifndef MC_COMMON_WEBHOOK_PARTS_H
#define MC_COMMON_WEBHOOK_PARTS_H

#include "common/http_client.h"
#include "common/store.h"
#include "common/webhook.h"

#define MC_WEBHOOK_KEY_BYTES_MIN 24
#define MC_WEBHOOK_KEY_BYTES_MAX 64
#define MC_WEBHOOK_SIGNATURE_BYTES 64 /* as text */

typedef struct {
    unsigned char *bytes; /* locked; NULL: none */
    size_t size;
} mc_webhook_key_t;

/* The key of a file: "whsec_" and base64 of 24 to 64 bytes. With may_make it is made where there is
 * no file. 0, or -1 with the reason. */
MC_CHECKED int mc_webhook_key_open(const char *path, bool may_make, mc_webhook_key_t *ret_key);
void mc_webhook_key_close(mc_webhook_key_t *key);

/* "v1,..." of one try. */
void mc_webhook_sign(const mc_webhook_key_t *key, const char *id, int64_t time_s, mc_text_t body,
                     char ret_text[MC_WEBHOOK_SIGNATURE_BYTES]);

/* The first address of a list with spaces or commas between, without it: false at the end. */
bool mc_webhook_next_url(const char **list, mc_text_t *ret_url);

/* What is shown of an address: "https://host:port#digest", the caller frees it; NULL where it is
 * none, with the reason, which says of the address only its number in the list. */
char *mc_webhook_target(mc_text_t url, size_t number);

#endif
