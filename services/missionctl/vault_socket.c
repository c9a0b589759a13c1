/*
 *  vault_socket - orders to the vault of this machine, over its own Unix socket
 */
#include "vault_socket.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"
#include "proto/codec.h"
#include "secret_input.h"

#define ORDER_BYTES_FIRST                                                                          \
    65536         /* an order with secrets never grows, so no copy of them is left                 \
                   */
#define REFUSED 1 /* first byte of an answer in words */

/* The folder's path may be too long for a socket's name: it is named by its descriptor. */
static int
connect_to(const missionctl_place_t *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    missionctl_path_t path = missionctl_place_var(place, "vault");
    int folder = open(path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder == -1)
        return mc_fail_errno("the vault has not run here (missionctl up starts it): opening %s",
                             path.text);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/admin.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address);
    if (result == -1) {
        (void)mc_fail_errno("the vault does not run (missionctl up starts it): connecting to "
                            "%s/admin.sock",
                            path.text);
        close(fd);
    }
    close(folder);
    return result == -1 ? -1 : fd;
}

static int
write_all(int fd, mc_text_t bytes)
{
    while (bytes.size) {
        ssize_t size = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (size == -1 && errno == EINTR)
            continue;
        if (size == -1)
            return mc_fail_errno("writing to the vault");
        bytes = (mc_text_t){bytes.data + size, bytes.size - (size_t)size};
    }
    return 0;
}

static int
read_all(int fd, void *room, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = recv(fd, (char *)room + done, size - done, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            return mc_fail("the vault hung up without an answer");
        done += (size_t)got;
    }
    return 0;
}

static int
send_order(int fd, const mc_vault_order_t *order)
{
    mc_buffer_t bytes = {.max = MISSIONCTL_VAULT_ANSWER_BYTES_MAX};
    (void)mc_buffer_room(&bytes, ORDER_BYTES_FIRST);
    mc_buffer_u32(&bytes, 0);
    mc_pack(&mc_vault_order_shape, order, &bytes);
    uint32_t size = htobe32((uint32_t)(bytes.size - sizeof size));
    memcpy(bytes.data, &size, sizeof size);
    int result = bytes.is_full ? mc_fail("that is more than the vault takes")
                               : write_all(fd, mc_buffer_content(&bytes));
    missionctl_secret_wipe(&bytes);
    return result;
}

static int
read_report(int fd, missionctl_vault_answer_t *answer)
{
    uint32_t wire;
    mc_refusal_t refusal;
    if (read_all(fd, &wire, sizeof wire) == -1)
        return -1;
    size_t size = be32toh(wire);
    if (size == 0 || size > MISSIONCTL_VAULT_ANSWER_BYTES_MAX)
        return mc_fail("the vault's answer has %zu bytes", size);
    answer->bytes = sodium_malloc(size);
    if (!answer->bytes)
        mc_fatal("out of memory");
    if (read_all(fd, answer->bytes, size) == -1)
        return -1;
    mc_text_t content = {answer->bytes + 1, size - 1};
    if (answer->bytes[0] == REFUSED)
        return mc_fail("%.*s", MC_FMT(content));
    if (mc_unpack(&mc_vault_report_shape, content, answer->arena, &answer->report, &refusal))
        return mc_fail("the vault's answer cannot be read: %s", refusal.message);
    return 0;
}

int
missionctl_vault_ask(const missionctl_place_t *place, const mc_vault_order_t *order,
                     missionctl_vault_answer_t *ret_answer)
{
    *ret_answer = (missionctl_vault_answer_t){0};
    if (sodium_init() == -1)
        return mc_fail("libsodium cannot be used");
    int fd = connect_to(place);
    if (fd == -1)
        return -1;
    ret_answer->arena = mc_arena_new();
    int result = send_order(fd, order);
    if (result == 0)
        result = read_report(fd, ret_answer);
    close(fd);
    if (result == -1)
        missionctl_vault_answer_clear(ret_answer);
    return result;
}

void
missionctl_vault_answer_clear(missionctl_vault_answer_t *self)
{
    mc_arena_destroy(&self->arena);
    sodium_free(self->bytes);
    *self = (missionctl_vault_answer_t){0};
}
