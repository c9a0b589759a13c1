/*
 *  row - one secret as it is stored: ciphertext only
 *
 *      at   bytes
 *       0      4  "MCVR"
 *       4      2  format, 1
 *       6      4  number of the wrapping key in the keyring
 *      10      8  when it was set, in us
 *      18     16  id of the secret
 *      34     60  its own key, in a box of the wrapping key
 *      94  n + 28  the value, in a box of its own key
 *
 *  Each value has a random key of its own. Both boxes are bound to the vault,
 *  the name, the version, the purpose and all bytes before them, so nothing can
 *  be moved to another row, name or version.
 */
#ifndef VAULT_ROW_H
#define VAULT_ROW_H

#include "services/vault/header.h"

#define VAULT_NAME_BYTES_MAX 100
#define VAULT_SECRET_BYTES_MAX 16384
#define VAULT_ROW_FIXED_BYTES 94
#define VAULT_ROW_BYTES_MAX (VAULT_ROW_FIXED_BYTES + VAULT_BOX_OF(VAULT_SECRET_BYTES_MAX))

typedef struct {
    char name[VAULT_NAME_BYTES_MAX + 1];
    int64_t version;
    int64_t updated_us;
    uint32_t key_id;
    uint8_t *bytes; /* as stored; of the row */
    size_t size;
} vault_row_t;

/* A name is 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit. */
bool vault_name_is_fine(mc_text_t name);

/* Reads what can be read without a key; copies the bytes. 0, or -1 when they are no row. */
MC_CHECKED int vault_row_read(vault_row_t *self, mc_text_t name, int64_t version, mc_text_t bytes);
void vault_row_clear(vault_row_t *self);

/* What a new row is. */
typedef struct {
    mc_text_t name;
    int64_t version;
    int64_t now_us;
    const uint8_t *vault_id;
} vault_row_label_t;

/* Makes a row of a value. */
MC_CHECKED int vault_row_close(vault_row_t *self, const vault_row_label_t *label,
                               const vault_keyring_t *ring, mc_text_t value);

/* The value into ret_value, which has VAULT_SECRET_BYTES_MAX, in locked memory: 0, or VAULT_FORGED.
 */
MC_CHECKED int vault_row_open(const vault_row_t *self, const uint8_t *vault_id,
                              const vault_keyring_t *ring, char *ret_value, size_t *ret_size);

/* Puts the row's own key under the newest wrapping key; the value's box is made anew too, since it
 * is bound to the number of that key. 0, VAULT_FORGED or -1. */
MC_CHECKED int vault_row_rewrap(vault_row_t *self, const uint8_t *vault_id,
                                const vault_keyring_t *ring);

#endif
