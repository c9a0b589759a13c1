/*
 *  keys - the CURVE keys of the bus, and who may connect
 */
#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bus.h"
#include "common/error.h"

#define ZAP_DOMAIN "mission-control"

/* libzmq knows the option, its header shows it to drafts only. Without it a domain that nobody
 * answers for lets everyone in. */
#define ZAP_ENFORCE_DOMAIN 93

struct mc_bus_keys {
    char *dir;
    zcert_t *own;
    zactor_t *guard;
    uint64_t seen; /* what the folder of allowed keys was like when the guard read it */
};

/* The keys of libzmq's manual, which everyone has. */
static const char *const published_keys[] = {
    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
};

static void
key_path(char ret_path[PATH_MAX], const char *dir, const char *folder, const char *service)
{
    snprintf(ret_path, PATH_MAX, "%s/%s%s.key", dir, folder, service);
}

static bool
is_published(const zcert_t *cert)
{
    for (size_t i = 0; i < MC_COUNT(published_keys); i++)
        if (!strcmp(zcert_public_txt((zcert_t *)cert), published_keys[i]))
            return true;
    return false;
}

/* The certificate of a file, or NULL with the reason. */
static zcert_t *
load(const char *path)
{
    zcert_t *cert = zcert_load(path);
    if (!cert) {
        mc_fail("there is no key in %s: make keys with missionctl keys bus DIR and set "
                "AOP_BUS_KEY_DIR to DIR",
                path);
        return NULL;
    }
    if (is_published(cert)) {
        mc_fail("the key in %s is the published test key: make another", path);
        zcert_destroy(&cert);
    }
    return cert;
}

static int
load_own(mc_bus_keys_t *self, const char *service)
{
    char path[PATH_MAX], secret[PATH_MAX + sizeof "_secret"];
    key_path(path, self->dir, "", service);
    snprintf(secret, sizeof secret, "%s_secret", path);
    if (access(secret, R_OK) == -1)
        return mc_fail_errno("reading the bus key %s (AOP_BUS_KEY_DIR; missionctl keys bus DIR "
                             "makes keys)",
                             secret);
    self->own = load(path);
    return self->own ? 0 : -1;
}

static void
allowed_path(const mc_bus_keys_t *self, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/allowed", self->dir);
}

/* A number that is another one when a file has come, gone or been written. The order of files is
 * no matter: it is a sum. */
static uint64_t
look_at_folder(const char *path)
{
    uint64_t sum = 0;
    struct stat file;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (fstatat(dirfd(folder), entry->d_name, &file, 0) == 0)
            sum += (file.st_ino ^ (uint64_t)file.st_size << 48) * UINT64_C(0x9e3779b97f4a7c15) +
                   (uint64_t)file.st_ctim.tv_sec * UINT64_C(1000000007) +
                   (uint64_t)file.st_ctim.tv_nsec;
    closedir(folder);
    return sum;
}

void
mc_bus_keys_refresh(mc_bus_keys_t *self)
{
    char allowed[PATH_MAX];
    allowed_path(self, allowed);
    uint64_t seen = look_at_folder(allowed);
    if (seen == self->seen)
        return;
    self->seen = seen;
    zstr_sendx(self->guard, "CURVE", allowed, NULL);
    zsock_wait(self->guard);
}

static int
start_guard(mc_bus_keys_t *self)
{
    char allowed[PATH_MAX];
    allowed_path(self, allowed);
    self->seen = look_at_folder(allowed);
    if (access(allowed, R_OK | X_OK) == -1)
        return mc_fail_errno("reading the folder of allowed keys %s", allowed);
    self->guard = zactor_new(zauth, NULL);
    if (!self->guard)
        return mc_fail("the guard of the bus cannot start");
    if (zstr_sendx(self->guard, "CURVE", allowed, NULL) == -1 || zsock_wait(self->guard) == -1)
        return mc_fail("the guard of the bus does not answer");
    return 0;
}

mc_bus_keys_t *
mc_bus_keys_new(const char *dir, const char *service)
{
    mc_bus_keys_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->dir = strdup(dir);
    if (!self->dir)
        mc_fatal("out of memory");
    if (!zsys_has_curve())
        mc_fail("this ZeroMQ has no CURVE, which tcp endpoints of the bus need");
    else if (load_own(self, service) == 0 && start_guard(self) == 0)
        return self;
    mc_bus_keys_destroy(&self);
    return NULL;
}

void
mc_bus_keys_destroy(mc_bus_keys_t **address)
{
    mc_bus_keys_t *self = mc_take(address);
    if (!self)
        return;
    zactor_destroy(&self->guard);
    zcert_destroy(&self->own);
    free(self->dir);
    free(self);
}

int
mc_bus_keys_guard(const mc_bus_keys_t *self, zsock_t *socket)
{
    int enforced = 1;
    zcert_apply(self->own, socket);
    zsock_set_curve_server(socket, 1);
    zsock_set_zap_domain(socket, ZAP_DOMAIN);
    if (zmq_setsockopt(zsock_resolve(socket), ZAP_ENFORCE_DOMAIN, &enforced, sizeof enforced))
        return mc_fail("this ZeroMQ cannot enforce that keys are checked: %s", zmq_strerror(errno));
    return 0;
}

int
mc_bus_keys_expect(const mc_bus_keys_t *self, zsock_t *socket, const char *service)
{
    char path[PATH_MAX];
    key_path(path, self->dir, "allowed/", service);
    zcert_t *other = load(path);
    if (!other)
        return -1;
    zcert_apply(self->own, socket);
    zsock_set_curve_serverkey_bin(socket, zcert_public_key(other));
    zcert_destroy(&other);
    return 0;
}

static int
make_folder(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == -1 && errno != EEXIST)
        return mc_fail_errno("making the folder %s", path);
    return 0;
}

/* Makes what is missing of one service: both keys, or the copy of its public one. */
static int
make_key(const char *dir, const char *service)
{
    char path[PATH_MAX], secret[PATH_MAX + sizeof "_secret"], allowed[PATH_MAX];
    key_path(path, dir, "", service);
    snprintf(secret, sizeof secret, "%s_secret", path);
    key_path(allowed, dir, "allowed/", service);

    zcert_t *cert = access(secret, F_OK) == 0 ? zcert_load(path) : zcert_new();
    if (!cert)
        return mc_fail("the key %s cannot be read", secret);
    zcert_set_meta(cert, "service", "%s", service);
    int failed = access(secret, F_OK) == 0 ? 0 : zcert_save(cert, path);
    if (!failed)
        failed = chmod(secret, 0600);
    if (!failed && access(allowed, F_OK) == -1)
        failed = zcert_save_public(cert, allowed);
    zcert_destroy(&cert);
    return failed ? mc_fail_errno("writing the keys of %s to %s", service, dir) : 0;
}

int
mc_bus_make_keys(const char *dir)
{
    char allowed[PATH_MAX];
    snprintf(allowed, sizeof allowed, "%s/allowed", dir);
    if (make_folder(dir, 0700) == -1 || make_folder(allowed, 0755) == -1)
        return -1;
    for (size_t i = 0; i < mc_message_count; i++)
        if (strcmp(mc_messages[i].service, MC_BUS_EVERY) &&
            make_key(dir, mc_messages[i].service) == -1)
            return -1;
    for (size_t i = 0; i < mc_command_count; i++)
        if (make_key(dir, mc_commands[i].service) == -1)
            return -1;
    return 0;
}
