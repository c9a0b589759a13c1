/*
 *  stack - the services of this machine, and who looks after them
 */
#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "common/error.h"

#define SUPERVISOR_LOCK "supervisor.lock"
#define UP_LOCK "up.lock"

const missionctl_service_t missionctl_services[] = {
    {"ingest", offsetof(mc_settings_t, ingest_port), "telemetry"},
    {"control", offsetof(mc_settings_t, control_port), "tasks and flags"},
    {"vault", offsetof(mc_settings_t, vault_port), "keys of providers"},
    {"budget", offsetof(mc_settings_t, budget_port), "limits and requests for more"},
    {"router", offsetof(mc_settings_t, router_port), "models"},
    {"gateway", offsetof(mc_settings_t, gateway_port), "console and API"},
};
const size_t missionctl_service_count = MC_COUNT(missionctl_services);

const missionctl_service_t *
missionctl_service_find(const char *name)
{
    for (size_t i = 0; i < missionctl_service_count; i++)
        if (!strcmp(missionctl_services[i].name, name))
            return &missionctl_services[i];
    return NULL;
}

int
missionctl_service_port(const missionctl_service_t *service, const mc_settings_t *settings)
{
    return (int)*(const int64_t *)((const char *)settings + service->port_offset);
}

static int
open_lock(const missionctl_place_t *place, const char *name, int flags)
{
    missionctl_path_t path = missionctl_place_var(place, "run/%s", name);
    int fd = open(path.text, flags | O_CLOEXEC, 0644);
    return fd != -1 ? fd : mc_fail_errno("opening %s", path.text);
}

int
missionctl_stack_lock(const missionctl_place_t *place)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(place, SUPERVISOR_LOCK, O_RDWR | O_CREAT);
    if (fd == -1)
        return -1;
    if (fcntl(fd, F_SETLK, &lock) == 0)
        return 0;
    bool is_held = errno == EACCES || errno == EAGAIN;
    if (!is_held)
        mc_fail_errno("locking the supervisor's lock");
    close(fd);
    return is_held ? MISSIONCTL_LOCK_HELD : -1;
}

int
missionctl_stack_lock_up(const missionctl_place_t *place)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(place, UP_LOCK, O_RDWR | O_CREAT);
    if (fd == -1)
        return -1;
    while (fcntl(fd, F_SETLKW, &lock) == -1)
        if (errno != EINTR)
            return mc_fail_errno("waiting for another up");
    return 0;
}

int
missionctl_stack_supervisor(const missionctl_place_t *place)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open_lock(place, SUPERVISOR_LOCK, O_RDWR);
    if (fd == -1)
        return 0;
    int result = fcntl(fd, F_GETLK, &lock);
    close(fd);
    return result == 0 && lock.l_type != F_UNLCK ? (int)lock.l_pid : 0;
}

static void
add_setting(crypto_hash_sha256_state *state, const mc_setting_row_t *row,
            const mc_settings_t *settings)
{
    const void *member = (const char *)settings + row->offset;
    if (row->kind == MC_SETTING_TEXT_KIND) {
        const char *text = *(const char *const *)member;
        crypto_hash_sha256_update(state, (const unsigned char *)text, strlen(text) + 1);
    } else {
        size_t size = row->kind == MC_SETTING_BOOL_KIND ? sizeof(bool) : sizeof(int64_t);
        crypto_hash_sha256_update(state, member, size);
    }
}

/* A flag is changed while everything runs, and then .env with it: those are left out. */
static bool
is_flag(const mc_setting_row_t *row)
{
    return mc_shape_find_name(&mc_runtime_flags_shape, mc_text(row->name)) != NULL;
}

void
missionctl_stack_checksum(const mc_settings_t *settings, char ret_checksum[65])
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < mc_setting_count; i++)
        if (!is_flag(&mc_setting_rows[i]))
            add_setting(&state, &mc_setting_rows[i], settings);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(ret_checksum, 65, hash, sizeof hash);
}
