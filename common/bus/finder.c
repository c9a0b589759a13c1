/*
 *  finder - finding the addresses of other services, again and again
 *
 *  An ipc service is a file in the folder of sockets. A tcp name may have many
 *  addresses, of which libzmq would take the first; so names are resolved here,
 *  by glibc's resolver threads, and each address becomes a peer. A look that
 *  fails changes nothing. Looks are 100 ms apart at first and after a peer was
 *  lost, and become rarer up to two seconds. The keys that are allowed are
 *  looked at in passing.
 */
#include "parts.h"

#include <dirent.h>
#include <netdb.h>

#include "common/clock.h"

#define FIRST_MS 100
#define LAST_MS 2000
#define PENDING_MS 20 /* between two looks whether the resolver is done */

/* A question to the resolver; it may outlive the finder, when it cannot be taken back. */
typedef struct {
    struct gaicb question;
    struct addrinfo hints;
    char host[MC_BUS_HOST_BYTES];
    mc_bus_group_t *group;
} lookup_t;

struct mc_bus_finder {
    mc_bus_t *bus;
    mc_bus_resolve_fn *resolve; /* of tests */
    lookup_t *lookups[MC_BUS_GROUPS_MAX];
    int delay_ms;
    int timer;
    int64_t next_look_us;
};

static void on_timer(void *arg);

static void
add_tcp(mc_bus_found_t *found, const mc_bus_group_t *group, const char *address)
{
    bool is_v6 = strchr(address, ':') != NULL;
    if (found->count == MC_BUS_PEERS_MAX)
        return;
    for (int i = 0; i < 2; i++)
        snprintf(found->endpoints[found->count][i], sizeof found->endpoints[0][0],
                 is_v6 ? "tcp://[%s]:%d" : "tcp://%s:%d", address, group->endpoint.port + i);
    found->count++;
}

/* Is it the file "<service>.rpc" or "<service>-<instance>.rpc"? */
static bool
is_socket_of(const char *file, const char *service)
{
    size_t size = strlen(file), head = strlen(service);
    return size >= head + 4 && !strncmp(file, service, head) &&
           (file[head] == '.' || file[head] == '-') && !strcmp(file + size - 4, ".rpc");
}

static void
add_ipc(mc_bus_found_t *found, const mc_bus_group_t *group, const char *file)
{
    static const char *const endings[] = {".rpc", ".pub"};
    int size = (int)strlen(file) - 4;
    if (found->count == MC_BUS_PEERS_MAX)
        return;
    for (int i = 0; i < 2; i++)
        snprintf(found->endpoints[found->count][i], sizeof found->endpoints[0][0],
                 "ipc://%s/%.*s%s", group->bus->dir.path, size, file, endings[i]);
    found->count++;
}

static void
look_into_folder(mc_bus_group_t *group)
{
    mc_bus_found_t found = {.count = 0};
    DIR *folder = opendir(group->bus->dir.path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_socket_of(entry->d_name, group->endpoint.service))
            add_ipc(&found, group, entry->d_name);
    closedir(folder);
    mc_bus_group_update(group, &found);
}

static void
ask_hook(mc_bus_finder_t *self, mc_bus_group_t *group)
{
    mc_bus_found_t found = {.count = 0};
    char addresses[MC_BUS_PEERS_MAX][MC_BUS_ADDRESS_BYTES];
    size_t count = self->resolve(group->endpoint.host, addresses, MC_BUS_PEERS_MAX);
    for (size_t i = 0; i < count; i++)
        add_tcp(&found, group, addresses[i]);
    mc_bus_group_update(group, &found);
}

/* Starts a question; its answer is fetched by finish_lookup. */
static lookup_t *
start_lookup(mc_bus_group_t *group)
{
    lookup_t *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        mc_fatal("out of memory");
    lookup->group = group;
    lookup->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    strcpy(lookup->host, group->endpoint.host);
    lookup->question = (struct gaicb){.ar_name = lookup->host, .ar_request = &lookup->hints};
    struct gaicb *list[] = {&lookup->question};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0)
        return lookup;
    free(lookup);
    return NULL;
}

static void
use_answer(mc_bus_group_t *group, const struct addrinfo *answer)
{
    mc_bus_found_t found = {.count = 0};
    char address[MC_BUS_ADDRESS_BYTES];
    for (; answer; answer = answer->ai_next)
        if (!getnameinfo(answer->ai_addr, answer->ai_addrlen, address, sizeof address, NULL, 0,
                         NI_NUMERICHOST))
            add_tcp(&found, group, address);
    mc_bus_group_update(group, &found);
}

/* True when the question was answered, well or badly; then it is gone. */
static bool
finish_lookup(lookup_t *lookup)
{
    int error = gai_error(&lookup->question);
    if (error == EAI_INPROGRESS)
        return false;
    mc_bus_group_t *group = lookup->group;
    if (error)
        snprintf(group->problem, sizeof group->problem, "%.100s: %.60s", lookup->host,
                 gai_strerror(error));
    else
        use_answer(group, lookup->question.ar_result);
    freeaddrinfo(lookup->question.ar_result);
    free(lookup);
    return true;
}

static void
look(mc_bus_finder_t *self, size_t index)
{
    mc_bus_group_t *group = self->bus->groups[index];
    mc_bus_found_t found = {.count = 0};
    if (!group->endpoint.is_tcp) {
        look_into_folder(group);
    } else if (mc_bus_is_numeric(group->endpoint.host)) {
        add_tcp(&found, group, group->endpoint.host);
        mc_bus_group_update(group, &found);
    } else if (self->resolve) {
        ask_hook(self, group);
    } else if (!self->lookups[index]) {
        self->lookups[index] = start_lookup(group);
    }
}

/* True when a question is still under way. */
static bool
collect(mc_bus_finder_t *self)
{
    bool is_pending = false;
    for (size_t i = 0; i < self->bus->group_count; i++) {
        if (self->lookups[i] && finish_lookup(self->lookups[i]))
            self->lookups[i] = NULL;
        is_pending = is_pending || self->lookups[i];
    }
    return is_pending;
}

static void
set_timer(mc_bus_finder_t *self, int delay_ms)
{
    mc_turns_cancel(self->bus->turns, self->timer);
    self->timer = mc_turns_after(self->bus->turns, delay_ms, on_timer, self);
}

static void
on_timer(void *arg)
{
    mc_bus_finder_t *self = arg;
    int64_t now = mc_clock_steady_us();
    bool is_time = now >= self->next_look_us;
    if (is_time) {
        if (self->bus->keys)
            mc_bus_keys_refresh(self->bus->keys);
        for (size_t i = 0; i < self->bus->group_count; i++)
            look(self, i);
        self->next_look_us = now + self->delay_ms * 1000;
        self->delay_ms = self->delay_ms * 2 < LAST_MS ? self->delay_ms * 2 : LAST_MS;
    }
    int64_t wait_ms = (self->next_look_us - now) / 1000 + 1;
    bool is_pending = collect(self);
    set_timer(self, is_pending && wait_ms > PENDING_MS ? PENDING_MS : (int)wait_ms);
}

mc_bus_finder_t *
mc_bus_finder_new(mc_bus_t *bus)
{
    mc_bus_finder_t *self = calloc(1, sizeof *self);
    if (!self)
        mc_fatal("out of memory");
    self->bus = bus;
    mc_bus_finder_hurry(self);
    return self;
}

void
mc_bus_finder_hurry(mc_bus_finder_t *self)
{
    if (!self)
        return;
    self->delay_ms = FIRST_MS;
    self->next_look_us = 0;
    set_timer(self, 0);
}

void
mc_bus_finder_set_resolver(mc_bus_finder_t *self, mc_bus_resolve_fn *resolve)
{
    self->resolve = resolve;
    mc_bus_finder_hurry(self);
}

void
mc_bus_finder_destroy(mc_bus_finder_t **address)
{
    mc_bus_finder_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < MC_BUS_GROUPS_MAX; i++) {
        if (!self->lookups[i])
            continue;
        int state = gai_cancel(&self->lookups[i]->question);
        if (state == EAI_NOTCANCELED)
            continue; /* a thread of glibc is in it */
        if (state == EAI_ALLDONE)
            freeaddrinfo(self->lookups[i]->question.ar_result);
        free(self->lookups[i]);
    }
    mc_turns_cancel(self->bus->turns, self->timer);
    free(self);
}
