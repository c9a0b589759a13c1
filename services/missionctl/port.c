/*
 *  port - is a TCP port free, and who has it
 */
#include "port.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"

/* Bound but not listened on: that refuses a port on which somebody listens, and two that ask at the
 * same time do not refuse each other. */
static int
try_port(const struct addrinfo *place)
{
    int on = 1;
    int fd = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int failure = bind(fd, place->ai_addr, place->ai_addrlen) == -1 ? errno : 0;
    close(fd);
    return failure;
}

int
missionctl_port_check(const char *address, int port, const char *variable)
{
    char number[16];
    struct addrinfo *place = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    snprintf(number, sizeof number, "%d", port);
    if (getaddrinfo(address, number, &hints, &place) != 0)
        return mc_fail("%s is not an address to listen on", address);
    int failure = try_port(place);
    freeaddrinfo(place);
    switch (failure) {
    case 0:
        return 0;
    case EADDRINUSE:
        return mc_fail("port %d (%s) is in use by another program: stop that, or set %s to a free "
                       "port in .env",
                       port, variable, variable);
    case EACCES:
        return mc_fail("port %d (%s) needs root: set %s to one above 1023 in .env", port, variable,
                       variable);
    case EADDRNOTAVAIL:
        return mc_fail("this machine does not have the address %s: set AOP_LISTEN_ADDRESS to one "
                       "that it has",
                       address);
    default:
        return mc_fail("listening on port %d (%s): %s", port, variable, strerror(failure));
    }
}
