/*
 *  prompt_hash - a number that tells the same prompt from another, and nothing else
 */
#include "services/router/prompt_hash.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

static bool
read_key(const char *path, unsigned char *ret_key)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_whole =
        fd != -1 && read(fd, ret_key, ROUTER_PROMPT_KEY_BYTES) == ROUTER_PROMPT_KEY_BYTES;
    if (fd != -1)
        close(fd);
    return is_whole;
}

/* Two that begin at once make two; the first that has its name there counts. */
static void
make_key(const char *path, const unsigned char *key)
{
    char draft[4096];
    snprintf(draft, sizeof draft, "%s.%d", path, (int)getpid());
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return;
    bool is_whole = write(fd, key, ROUTER_PROMPT_KEY_BYTES) == ROUTER_PROMPT_KEY_BYTES;
    close(fd);
    if (is_whole)
        (void)!link(draft, path);
    unlink(draft);
}

void
router_prompt_key(const char *path, unsigned char ret_key[ROUTER_PROMPT_KEY_BYTES])
{
    if (read_key(path, ret_key))
        return;
    unsigned char key[ROUTER_PROMPT_KEY_BYTES];
    randombytes_buf(key, sizeof key);
    make_key(path, key);
    if (!read_key(path, ret_key))
        memcpy(ret_key, key, sizeof key);
}

void
router_prompt_hash(const unsigned char *key, mc_text_t prompt,
                   char ret_hash[ROUTER_PROMPT_HASH_SIZE])
{
    unsigned char hash[crypto_shorthash_BYTES];
    ret_hash[0] = '\0';
    if (prompt.size == 0)
        return;
    crypto_shorthash(hash, (const unsigned char *)prompt.data, prompt.size, key);
    sodium_bin2hex(ret_hash, ROUTER_PROMPT_HASH_SIZE, hash, sizeof hash);
}
