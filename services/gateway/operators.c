/*
 *  operators - the first operator, and the way in for the command line
 */
#include "operators.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/audit.h"
#include "common/error.h"
#include "common/passphrase.h"
#include "gateway_store.h"
#include "sessions.h"

#define FIRST_OPERATOR "admin"
#define FIRST_LOGIN "first-login"
#define LOCAL_TOKEN "local-token"
#define PATH_BYTES_MAX 1200
#define RETRY_MS 500

/* The making of the first operator. */
typedef struct {
    gateway_t *gateway;
    char passphrase[MC_PASSPHRASE_RANDOM_SIZE];
    char hash[MC_PASSPHRASE_HASH_SIZE];
    char draft[PATH_BYTES_MAX]; /* the file before it has its name */
    bool has_failed;
} first_t;

static void
path_of(const gateway_t *gateway, const char *name, char ret_path[PATH_BYTES_MAX])
{
    snprintf(ret_path, PATH_BYTES_MAX, "%s/%s", gateway->settings->var_dir, name);
}

/* Makes a file that only we can read, with one line in it. Returns 0, or -1 also when it exists. */
static int
write_private(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd == -1)
        return mc_fail_errno("making %s", path);
    bool is_written = dprintf(fd, "%s\n", line) > 0 && fsync(fd) == 0;
    if (close(fd) || !is_written)
        return mc_fail_errno("writing %s", path);
    return 0;
}

/* Reads the token of a gateway before us. False when there is none, or not a whole one. */
static bool
read_token(const char *path, char ret_token[GATEWAY_LOCAL_TOKEN_SIZE])
{
    struct stat about;
    char token[GATEWAY_LOCAL_TOKEN_SIZE] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1)
        return false;
    bool is_ours = fstat(fd, &about) == 0 && about.st_uid == geteuid() && !(about.st_mode & 077);
    bool is_whole = read(fd, token, sizeof token - 1) == (ssize_t)sizeof token - 1;
    close(fd);
    if (!is_ours || !is_whole || strspn(token, "0123456789abcdef") != sizeof token - 1)
        return false;
    memcpy(ret_token, token, sizeof token);
    return true;
}

int
gateway_local_token_open(gateway_t *gateway)
{
    char path[PATH_BYTES_MAX];
    if (mkdir(gateway->settings->var_dir, 0755) && errno != EEXIST)
        return mc_fail_errno("making the folder %s, which is AOP_VAR_DIR",
                             gateway->settings->var_dir);
    path_of(gateway, LOCAL_TOKEN, path);
    if (read_token(path, gateway->local_token))
        return 0;
    gateway_token_make(gateway->local_token);
    (void)unlink(path);
    if (write_private(path, gateway->local_token) == -1 &&
        !read_token(path, gateway->local_token)) /* another gateway was faster */
        return mc_fail_while("giving the command line its token");
    return 0;
}

static void ask_for_operators(void *arg);

static void
end_first(first_t *self)
{
    self->gateway->has_operator = true;
    sodium_memzero(self, sizeof *self);
    free(self);
}

static void
try_again(first_t *self)
{
    (void)unlink(self->draft);
    mc_service_after(self->gateway->service, RETRY_MS, ask_for_operators, self);
}

static void
on_first_added(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    first_t *self = arg;
    char path[PATH_BYTES_MAX];
    if (refusal) {
        try_again(self);
        return;
    }
    path_of(self->gateway, FIRST_LOGIN, path);
    if (PQntuples(result) == 0) { /* another gateway was faster */
        (void)unlink(self->draft);
    } else if (rename(self->draft, path)) {
        mc_fail_errno("naming %s %s", self->draft, path);
        mc_log(&gateway_log_start_failed, "reason=%s", mc_error());
    } else {
        mc_log(&gateway_log_first_operator, "name=%s file=%s", FIRST_OPERATOR, path);
        mc_audit(self->gateway->store, MC_TEXT("gateway"), MC_TEXT("operator_created"),
                 MC_TEXT(FIRST_OPERATOR), MC_TEXT("the first operator"));
    }
    end_first(self);
}

/* On the work thread. */
static void
hash_first(void *arg)
{
    first_t *self = arg;
    self->has_failed = mc_passphrase_hash(mc_text(self->passphrase), self->hash) == -1;
}

/* The file is there before the row, so that no passphrase is ever lost. */
static void
on_first_hashed(void *arg)
{
    first_t *self = arg;
    char name[64];
    char line[64];
    snprintf(name, sizeof name, ".%s.%d", FIRST_LOGIN, (int)getpid());
    path_of(self->gateway, name, self->draft);
    (void)unlink(self->draft);
    snprintf(line, sizeof line, "%s %s", FIRST_OPERATOR, self->passphrase);
    bool is_written = !self->has_failed && write_private(self->draft, line) == 0;
    sodium_memzero(line, sizeof line);
    if (!is_written) {
        mc_log(&gateway_log_start_failed, "reason=%s", mc_error());
        try_again(self);
        return;
    }
    gateway_store_add_first_operator(self->gateway->store, FIRST_OPERATOR, self->hash,
                                     on_first_added, self);
}

static void
on_count(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    first_t *self = arg;
    if (refusal) {
        try_again(self);
    } else if (mc_store_i64(result, 0, 0) > 0) {
        end_first(self);
    } else {
        mc_passphrase_random(self->passphrase);
        if (mc_service_work(self->gateway->service, hash_first, on_first_hashed, self))
            try_again(self);
    }
}

static void
ask_for_operators(void *arg)
{
    first_t *self = arg;
    gateway_store_count_operators(self->gateway->store, on_count, self);
}

void
gateway_operators_begin(gateway_t *gateway)
{
    first_t *self = calloc(1, sizeof *self);
    self->gateway = gateway;
    ask_for_operators(self);
}

void
gateway_operators_forget_first(gateway_t *gateway)
{
    char path[PATH_BYTES_MAX];
    path_of(gateway, FIRST_LOGIN, path);
    (void)unlink(path);
}
