/*
 *  provider_near - whether a provider is one's own, by its address
 *
 *  Ids of traces are told to servers on this machine or in a private network only:
 *  with them a stranger could tell which calls belong together.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "services/router/provider.h"

#define HOST_BYTES 256

/* The host of a URL that was checked, without brackets; false for one that is too long. */
static bool
take_host(mc_text_t url, char host[HOST_BYTES])
{
    const char *from = memmem(url.data, url.size, "://", 3);
    const char *end = url.data + url.size;
    if (!from)
        return false;
    bool is_literal = from + 3 < end && from[3] == '[';
    from += is_literal ? 4 : 3;
    const char *at = from;
    while (at < end && !memchr(is_literal ? "]" : "/:", *at, is_literal ? 1 : 2))
        at++;
    if (at - from >= HOST_BYTES)
        return false;
    snprintf(host, HOST_BYTES, "%.*s", (int)(at - from), from);
    return true;
}

static bool
is_near_4(uint32_t address)
{
    static const struct {
        uint32_t network;
        uint32_t mask;
    } near[] = {
        {0x7f000000, 0xff000000}, /* this machine */
        {0x0a000000, 0xff000000}, {0xac100000, 0xfff00000},
        {0xc0a80000, 0xffff0000}, {0xa9fe0000, 0xffff0000},
    };
    for (size_t i = 0; i < MC_COUNT(near); i++)
        if ((address & near[i].mask) == near[i].network)
            return true;
    return false;
}

static bool
is_near_6(const unsigned char bytes[16])
{
    static const unsigned char loopback[16] = {[15] = 1};
    return !memcmp(bytes, loopback, sizeof loopback) || (bytes[0] & 0xfe) == 0xfc ||
           (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/* A name without a dot is one of this network, such as a container's. */
static bool
is_near_name(const char *host)
{
    static const char *const endings[] = {".localhost", ".local", ".internal", ".lan",
                                          ".home.arpa"};
    size_t size = strlen(host);
    for (size_t i = 0; i < MC_COUNT(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (size > ending && !strcasecmp(host + size - ending, endings[i]))
            return true;
    }
    return size && !strpbrk(host, ".:");
}

bool
router_provider_is_near(const router_provider_t *self)
{
    char host[HOST_BYTES];
    unsigned char bytes[16];
    if (!take_host(self->base_url, host))
        return false;
    if (inet_pton(AF_INET, host, bytes) == 1)
        return is_near_4((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                         (uint32_t)bytes[2] << 8 | bytes[3]);
    if (inet_pton(AF_INET6, host, bytes) == 1)
        return is_near_6(bytes);
    return is_near_name(host);
}
