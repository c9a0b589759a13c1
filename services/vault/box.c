/*
 *  box - AES-256-GCM around a few bytes, bound to where they belong
 */
#include "services/vault/box.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include "common/error.h"

/* OpenSSL wipes what a context held when it is freed. */
static EVP_CIPHER_CTX *
make_context(void)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert(context);
    return context;
}

static bool
encrypt(EVP_CIPHER_CTX *context, mc_text_t bound, const void *plain, size_t size, uint8_t *box)
{
    int done = 0;
    int rest = 0;
    uint8_t *cipher = box + VAULT_BOX_NONCE_BYTES;
    return EVP_EncryptUpdate(context, NULL, &done, (const uint8_t *)bound.data, (int)bound.size) ==
               1 &&
           EVP_EncryptUpdate(context, cipher, &done, plain, (int)size) == 1 &&
           EVP_EncryptFinal_ex(context, cipher + done, &rest) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, VAULT_BOX_TAG_BYTES, cipher + size) ==
               1;
}

int
vault_box_close(const uint8_t key[VAULT_KEY_BYTES], mc_text_t bound, const void *plain, size_t size,
                uint8_t *ret_box)
{
    assert(size < INT32_MAX && bound.size < INT32_MAX);
    EVP_CIPHER_CTX *context = make_context();
    randombytes_buf(ret_box, VAULT_BOX_NONCE_BYTES);
    bool is_closed = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, ret_box) == 1 &&
                     encrypt(context, bound, plain, size, ret_box);
    EVP_CIPHER_CTX_free(context);
    return is_closed ? 0 : mc_fail("AES-256-GCM is not to be had from OpenSSL");
}

static bool
decrypt(EVP_CIPHER_CTX *context, mc_text_t bound, const uint8_t *cipher, size_t size, void *plain)
{
    int done = 0;
    int rest = 0;
    uint8_t tag[VAULT_BOX_TAG_BYTES];
    memcpy(tag, cipher + size, sizeof tag);
    return EVP_DecryptUpdate(context, NULL, &done, (const uint8_t *)bound.data, (int)bound.size) ==
               1 &&
           EVP_DecryptUpdate(context, plain, &done, cipher, (int)size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 &&
           EVP_DecryptFinal_ex(context, (uint8_t *)plain + done, &rest) == 1;
}

int
vault_box_open(const uint8_t key[VAULT_KEY_BYTES], mc_text_t bound, const uint8_t *box,
               size_t box_size, void *ret_plain)
{
    if (box_size < VAULT_BOX_MORE_BYTES)
        return VAULT_FORGED;
    size_t size = box_size - VAULT_BOX_MORE_BYTES;
    assert(size < INT32_MAX && bound.size < INT32_MAX);
    EVP_CIPHER_CTX *context = make_context();
    bool is_open = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, box) == 1 &&
                   decrypt(context, bound, box + VAULT_BOX_NONCE_BYTES, size, ret_plain);
    EVP_CIPHER_CTX_free(context);
    if (is_open)
        return 0;
    sodium_memzero(ret_plain, size);
    return VAULT_FORGED;
}

int
vault_derive(mc_text_t secret, mc_text_t salt, const char *purpose,
             uint8_t ret_key[VAULT_KEY_BYTES])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.data, secret.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.data, salt.size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
        OSSL_PARAM_construct_end(),
    };
    bool is_made = context && EVP_KDF_derive(context, ret_key, VAULT_KEY_BYTES, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return is_made ? 0 : mc_fail("HKDF is not to be had from OpenSSL");
}

void
vault_mac(const uint8_t key[VAULT_KEY_BYTES], mc_text_t first, mc_text_t second,
          uint8_t ret_mac[VAULT_HASH_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, VAULT_KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)first.data, first.size);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)second.data, second.size);
    crypto_auth_hmacsha256_final(&state, ret_mac);
    sodium_memzero(&state, sizeof state);
}

bool
vault_mac_is(const uint8_t one[VAULT_HASH_BYTES], const uint8_t other[VAULT_HASH_BYTES])
{
    return sodium_memcmp(one, other, VAULT_HASH_BYTES) == 0;
}
