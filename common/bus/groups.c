/*
 *  groups - the addresses of each other service
 */
#include "parts.h"

#include "common/clock.h"
#include "common/error.h"

mc_bus_group_t *
mc_bus_find_group(const mc_bus_t *self, const char *service)
{
    for (size_t i = 0; i < self->group_count; i++)
        if (!strcmp(self->groups[i]->endpoint.service, service))
            return self->groups[i];
    return NULL;
}

mc_bus_group_t *
mc_bus_require_group(mc_bus_t *self, const char *service)
{
    mc_bus_group_t *group = mc_bus_find_group(self, service);
    if (group)
        return group;
    assert(self->group_count < MC_BUS_GROUPS_MAX); /* services are names in our own tables */
    group = calloc(1, sizeof *group);
    if (!group)
        mc_fatal("out of memory");
    group->bus = self;
    if (mc_bus_endpoint_read(self->settings, service, &group->endpoint) == -1) {
        free(group);
        return NULL;
    }
    group->grace_until_us = mc_clock_steady_us() + MC_BUS_GRACE_MS * 1000;
    self->groups[self->group_count++] = group;
    mc_bus_finder_hurry(self->finder);
    return group;
}

size_t
mc_bus_addresses(const mc_bus_t *self, const char *service, const char **ret_addresses)
{
    const mc_bus_group_t *group = mc_bus_find_group(self, service);
    size_t count = 0;
    for (size_t i = 0; group && i < group->count; i++)
        if (group->peers[i]->is_listed)
            ret_addresses[count++] = group->peers[i]->requests;
    return count;
}

static void
destroy_group(mc_bus_group_t *group)
{
    for (size_t i = 0; i < group->count; i++)
        mc_bus_peer_destroy(&group->peers[i]);
    free(group);
}

void
mc_bus_destroy_groups(mc_bus_t *self)
{
    for (size_t i = 0; i < self->group_count; i++)
        destroy_group(self->groups[i]);
    self->group_count = 0;
}

mc_bus_peer_t *
mc_bus_group_find(const mc_bus_group_t *self, const char *requests)
{
    for (size_t i = 0; i < self->count; i++)
        if (!strcmp(self->peers[i]->requests, requests))
            return self->peers[i];
    return NULL;
}

static void
add_peer(mc_bus_group_t *self, const char *requests, const char *topics)
{
    if (self->count == MC_BUS_PEERS_MAX)
        return;
    mc_bus_peer_t *peer = mc_bus_peer_new(self, requests, topics);
    if (!peer) {
        snprintf(self->problem, sizeof self->problem, "%s", mc_error());
        return;
    }
    peer->is_listed = true;
    self->peers[self->count++] = peer;
}

/* A peer that is not listed any more may still be at work: it gets no new calls, and goes when its
 * connection ends or nothing is under way. */
static bool
is_over(const mc_bus_peer_t *peer)
{
    return peer->is_broken || (!peer->is_listed && !(peer->is_live && peer->calls));
}

static void
drop_peers(mc_bus_group_t *self)
{
    for (size_t i = self->count; i-- > 0;) {
        mc_bus_peer_t *peer = self->peers[i];
        if (!is_over(peer))
            continue;
        self->peers[i] = self->peers[--self->count];
        mc_bus_peer_destroy(&peer);
    }
}

static bool
is_listed(const mc_bus_found_t *found, const char *requests)
{
    for (size_t i = 0; i < found->count; i++)
        if (!strcmp(found->endpoints[i][0], requests))
            return true;
    return false;
}

void
mc_bus_group_update(mc_bus_group_t *self, const mc_bus_found_t *found)
{
    for (size_t i = 0; i < self->count; i++)
        self->peers[i]->is_listed = is_listed(found, self->peers[i]->requests);
    drop_peers(self);
    for (size_t i = 0; i < found->count; i++)
        if (!mc_bus_group_find(self, found->endpoints[i][0]))
            add_peer(self, found->endpoints[i][0], found->endpoints[i][1]);
}

bool
mc_bus_group_is_live(const mc_bus_group_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->peers[i]->is_live && self->peers[i]->is_listed)
            return true;
    return false;
}

static bool
has_room(const mc_bus_peer_t *peer, size_t bytes)
{
    return peer->calls < MC_BUS_CALLS_MAX &&
           (peer->calls == 0 || peer->calls_bytes + bytes <= MC_BUS_BYTES_MAX);
}

mc_bus_peer_t *
mc_bus_group_pick(mc_bus_group_t *self, size_t bytes, bool *ret_is_full)
{
    *ret_is_full = false;
    for (size_t i = 0; i < self->count; i++) {
        mc_bus_peer_t *peer = self->peers[self->next++ % self->count];
        if (!peer->is_live || !peer->is_listed)
            continue;
        if (has_room(peer, bytes))
            return peer;
        *ret_is_full = true;
    }
    return NULL;
}
