/*
 *  signing - the key of webhooks, and signatures with it
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "common/error.h"
#include "common/webhook/parts.h"

#define PREFIX "whsec_"
#define MADE_BYTES 32
#define FILE_BYTES_MAX 256
#define VARIANT sodium_base64_VARIANT_ORIGINAL

/* -1 also where the file is there by now: who made it has the key. */
static int
make_file(const char *path)
{
    unsigned char bytes[MADE_BYTES];
    char text[FILE_BYTES_MAX] = PREFIX;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1)
        return mc_fail_errno("making the key file of webhooks %s", path);
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text + strlen(PREFIX), sizeof text - strlen(PREFIX), bytes, sizeof bytes,
                      VARIANT);
    size_t size = strlen(text);
    text[size++] = '\n';
    bool is_written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    int result = is_written ? 0 : mc_fail_errno("writing the key file of webhooks %s", path);
    close(fd);
    if (!is_written)
        unlink(path);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
    return result;
}

static int
decode(const char *path, const char *text, mc_webhook_key_t *ret_key)
{
    size_t size = 0;
    unsigned char *bytes = sodium_malloc(FILE_BYTES_MAX);
    assert(bytes);
    const char *digits = text + (strncmp(text, PREFIX, strlen(PREFIX)) ? 0 : strlen(PREFIX));
    bool is_key = digits != text &&
                  sodium_base642bin(bytes, FILE_BYTES_MAX, digits, strcspn(digits, "\r\n"), NULL,
                                    &size, NULL, VARIANT) == 0 &&
                  size >= MC_WEBHOOK_KEY_BYTES_MIN && size <= MC_WEBHOOK_KEY_BYTES_MAX;
    if (!is_key) {
        sodium_free(bytes);
        return mc_fail("the key file of webhooks %s is not " PREFIX " and the base64 of %d to %d"
                       " bytes",
                       path, MC_WEBHOOK_KEY_BYTES_MIN, MC_WEBHOOK_KEY_BYTES_MAX);
    }
    *ret_key = (mc_webhook_key_t){bytes, size};
    return 0;
}

int
mc_webhook_key_open(const char *path, bool may_make, mc_webhook_key_t *ret_key)
{
    char text[FILE_BYTES_MAX] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 && errno == ENOENT && may_make && make_file(path) == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return mc_fail_errno("opening the key file of webhooks %s", path);
    ssize_t size = read(fd, text, sizeof text - 1);
    int result = size >= 0 ? decode(path, text, ret_key)
                           : mc_fail_errno("reading the key file of webhooks %s", path);
    close(fd);
    sodium_memzero(text, sizeof text);
    return result;
}

void
mc_webhook_key_close(mc_webhook_key_t *key)
{
    sodium_free(key->bytes);
    *key = (mc_webhook_key_t){0};
}

void
mc_webhook_sign(const mc_webhook_key_t *key, const char *id, int64_t time_s, mc_text_t body,
                char ret_text[MC_WEBHOOK_SIGNATURE_BYTES])
{
    static const char version[] = "v1,";
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char head[128];
    crypto_auth_hmacsha256_state state;
    int size = snprintf(head, sizeof head, "%s.%" PRId64 ".", id, time_s);
    assert(size > 0 && (size_t)size < sizeof head);
    crypto_auth_hmacsha256_init(&state, key->bytes, key->size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)head, (size_t)size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.data, body.size);
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(ret_text, version, sizeof version - 1);
    sodium_bin2base64(ret_text + sizeof version - 1,
                      MC_WEBHOOK_SIGNATURE_BYTES - (sizeof version - 1), mac, sizeof mac, VARIANT);
}
