/*
 *  listen - the listening socket of an edge, and what to do when it cannot be had
 */
#include "edge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"

#define BACKLOG 1024
#define PEER_SILENT_MS 60000 /* a peer that acknowledges nothing for so long is gone */
#define PROBE_AFTER_S 60
#define PROBE_EVERY_S 15
#define PROBES 4

static void
set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

/* What is set here is inherited by every accepted socket. */
static void
set_options(int fd, bool is_shared)
{
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (is_shared)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, PEER_SILENT_MS);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static int
fail_to_listen(const char *address, int port, const char *port_variable)
{
    if (errno == EADDRINUSE)
        return mc_fail("port %d is in use; set %s to a free one or end what listens there", port,
                       port_variable);
    if (errno == EACCES)
        return mc_fail("port %d needs more rights; set %s to one above 1023", port, port_variable);
    if (errno == EADDRNOTAVAIL)
        return mc_fail("%s is no address of this machine; set AOP_LISTEN_ADDRESS to one that is",
                       address);
    return mc_fail_errno("listening on %s port %d", address, port);
}

static int
open_socket(const struct addrinfo *info, bool is_shared)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd == -1)
        return -1;
    set_options(fd, is_shared);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

int
mc_http_listen(const char *address, int port, const char *port_variable, bool is_shared)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *info = NULL;
    if (getaddrinfo(address, service, &hints, &info) != 0)
        return mc_fail("%s is no IP address; set AOP_LISTEN_ADDRESS to one, such as 127.0.0.1",
                       address);
    int fd = open_socket(info, is_shared);
    freeaddrinfo(info);
    return fd == -1 ? fail_to_listen(address, port, port_variable) : fd;
}
