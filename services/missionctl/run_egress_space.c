/*
 *  run_egress_space - a network that has only its loopback, with ports of the platform on it
 *
 *  Made by a process of its own, which hands over what it opened there and ends. Without the right
 *  to make a network it makes a user namespace first, in which it has that right.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "run_egress_parts.h"

#define BACKLOG 128
#define HANDED_MAX (MISSIONCTL_EGRESS_PORTS_MAX + 2)

static int
write_map(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file == -1)
        return -1;
    ssize_t size = write(file, text, strlen(text));
    close(file);
    return size == (ssize_t)strlen(text) ? 0 : -1;
}

/* We stay who we are. */
static int
enter_users(void)
{
    char uids[32];
    char gids[32];
    snprintf(uids, sizeof uids, "%u %u 1", geteuid(), geteuid());
    snprintf(gids, sizeof gids, "%u %u 1", getegid(), getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1 ||
        write_map("/proc/self/setgroups", "deny") == -1 ||
        write_map("/proc/self/uid_map", uids) == -1)
        return -1;
    return write_map("/proc/self/gid_map", gids);
}

static int
raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle == -1)
        return -1;
    int result = ioctl(handle, SIOCSIFFLAGS, &request);
    close(handle);
    return result;
}

static int
listen_on(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_fine = handle != -1 &&
                   bind(handle, (const struct sockaddr *)&address, sizeof address) == 0 &&
                   listen(handle, BACKLOG) == 0;
    return is_fine ? handle : -1;
}

static int
hand_over(int line, const int *files, size_t count)
{
    char byte = 'x';
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(HANDED_MAX * sizeof(int))];
    } control = {0};
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    assert(head && count && count <= HANDED_MAX);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (size_t i = 0; i < count; i++)
        memcpy(CMSG_DATA(head) + i * sizeof(int), &files[i], sizeof(int));
    return sendmsg(line, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* Returns how many came. */
static size_t
take_over(int line, int *files)
{
    char byte;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(HANDED_MAX * sizeof(int))];
    } control = {0};
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    if (recvmsg(line, &message, MSG_CMSG_CLOEXEC) != 1)
        return 0;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len <= CMSG_LEN(0))
        return 0;
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    if (count > HANDED_MAX)
        return 0;
    for (size_t i = 0; i < count; i++)
        memcpy(&files[i], CMSG_DATA(head) + i * sizeof(int), sizeof(int));
    return count;
}

/* In the process of its own. */
static int
make(int line, const uint16_t *ports, size_t count)
{
    int files[HANDED_MAX] = {0};
    bool has_users = unshare(CLONE_NEWNET) == -1;
    if ((has_users && enter_users() == -1) || raise_loopback() == -1)
        return -1;
    files[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < count; i++)
        if ((files[i + 1] = listen_on(ports[i])) == -1)
            return -1;
    size_t size = count + 1;
    if (has_users)
        files[size++] = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    return hand_over(line, files, size);
}

int
missionctl_space_make(const uint16_t *ports, size_t count, missionctl_space_t *ret_space)
{
    int lines[2];
    int files[HANDED_MAX] = {0};
    assert(count <= MISSIONCTL_EGRESS_PORTS_MAX);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines) == -1)
        return mc_fail_errno("making a network");
    pid_t pid = fork();
    if (pid == 0) {
        close(lines[0]);
        _exit(make(lines[1], ports, count) == 0 ? 0 : 1);
    }
    close(lines[1]);
    size_t size = pid == -1 ? 0 : take_over(lines[0], files);
    close(lines[0]);
    if (pid != -1)
        waitpid(pid, NULL, 0);
    if (size < count + 1)
        return mc_fail("this machine does not let us make a network for it");
    ret_space->space = files[0];
    memcpy(ret_space->listeners, files + 1, count * sizeof(int));
    ret_space->users = size > count + 1 ? files[count + 1] : -1;
    return 0;
}
