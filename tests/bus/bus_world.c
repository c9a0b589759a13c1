/*
 *  bus_world - buses in one loop, for tests
 */
#include "tests/bus/bus_world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ftw.h>

#define FIRST_NUMBER 1000 /* the field that carries numbers takes none below 50 */
#define MIB ((size_t)1 << 20)

void
world_prepare(world_t *self)
{
    *self = (world_t){0};
    strcpy(self->folder, "/tmp/mc-test-bus-XXXXXX");
    cr_assert(mkdtemp(self->folder) != NULL);
    for (size_t i = 0; i < mc_setting_count; i++)
        unsetenv(mc_setting_rows[i].variable);
    setenv("AOP_VAR_DIR", self->folder, 1);
    setenv("AOP_ENV_FILE", "/dev/null", 1);
}

void
world_open_loop(world_t *self)
{
    zsys_handler_set(NULL);
    self->loop = zloop_new();
    zloop_set_nonstop(self->loop, true);
    self->turns = mc_turns_new(self->loop);
}

void
world_open(world_t *self)
{
    world_prepare(self);
    world_open_loop(self);
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* A folder with a long path has a link in /tmp. */
static void
remove_links(const char *folder)
{
    char target[4096];
    DIR *directory = opendir("/tmp");
    for (struct dirent *entry; (entry = readdir(directory));) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        if (!strncmp(target, folder, strlen(folder)))
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

void
world_close(world_t *self)
{
    remove_links(self->folder);
    for (size_t i = 0; i < BUSES_MAX; i++)
        node_remove(&self->nodes[i]);
    mc_turns_destroy(&self->turns);
    zloop_destroy(&self->loop);
    nftw(self->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static mc_runtime_flags_t
flags_with(int64_t number)
{
    mc_runtime_flags_t flags = {0};
    mc_set(&flags, runtime_flags, budget_min_increment, FIRST_NUMBER + number);
    return flags;
}

static int64_t
number_in(mc_list_t records)
{
    cr_assert_eq(records.count, 1);
    return ((const mc_runtime_flags_t *)records.items)->budget_min_increment - FIRST_NUMBER;
}

static void
answer_number(node_t *self, mc_bus_request_t *request, int64_t number)
{
    mc_runtime_flags_t flags = flags_with(number);
    mc_bus_answer(self->bus, request, &mc_runtime_flags_shape, mc_list_one(&flags));
}

static bool
keep(node_t *self, mc_bus_request_t *request)
{
    self->requests++;
    if (self->holds && !self->held)
        self->held = request;
    return self->holds;
}

static void
on_get_flags(void *state, mc_bus_request_t *request, mc_list_t records)
{
    node_t *self = state;
    int64_t number = number_in(records);
    if (!keep(self, request))
        answer_number(self, request, number + 1);
}

static void
on_store_events(void *state, mc_bus_request_t *request, mc_list_t records)
{
    node_t *self = state;
    self->events = records.count;
    if (!keep(self, request))
        answer_number(self, request, 0);
}

void
node_answer_held(node_t *self)
{
    answer_number(self, mc_take(&self->held), 0);
}

/* Events of a MiB each. */
static mc_list_t
make_events(size_t count, char *text)
{
    mc_agent_event_t *events = calloc(count, sizeof *events);
    memset(text, '1', MIB);
    for (size_t i = 0; i < count; i++) {
        mc_set(&events[i], agent_event, actor, MC_TEXT("test"));
        mc_set(&events[i], agent_event, action, MC_TEXT("test"));
        mc_set(&events[i], agent_event, payload_json, ((mc_text_t){text, MIB}));
    }
    return (mc_list_t){events, count};
}

void
answer_huge(void *state, mc_bus_request_t *request, mc_list_t records)
{
    node_t *self = state;
    char *text = malloc(MIB);
    mc_list_t events = make_events(65, text);
    mc_bus_answer(self->bus, request, &mc_agent_event_shape, events);
    free((void *)events.items);
    free(text);
    (void)records;
}

static node_t *
free_node(world_t *self)
{
    node_t *node = self->nodes;
    while (node->settings)
        node++;
    cr_assert_lt(node - self->nodes, BUSES_MAX);
    return node;
}

static mc_bus_t *
make_bus(world_t *self, node_t *node, const char *service, const char *instance)
{
    *node = (node_t){.world = self, .is_in_order = true};
    node->handlers[0] = (mc_bus_handler_t){MC_MESSAGE_GET_FLAGS, on_get_flags};
    node->handlers[1] = (mc_bus_handler_t){MC_MESSAGE_STORE_EVENTS, on_store_events};
    setenv("AOP_INSTANCE", instance, 1);
    node->settings = mc_settings_new();
    cr_assert(node->settings != NULL, "%s", mc_error());
    node->bus = mc_bus_new(self->loop, node->settings, service, node->handlers);
    return node->bus;
}

node_t *
world_add(world_t *self, const char *service, const char *instance)
{
    node_t *node = free_node(self);
    cr_assert(make_bus(self, node, service, instance) != NULL, "%s", mc_error());
    mc_bus_bind(node->bus, node);
    return node;
}

void
world_add_failing(world_t *self, const char *service, const char *instance)
{
    node_t *node = free_node(self);
    cr_assert(make_bus(self, node, service, instance) == NULL);
    node_remove(node);
}

void
node_remove(node_t *self)
{
    mc_bus_destroy(&self->bus);
    mc_settings_destroy(&self->settings);
}

void
node_hear(node_t *self, uint16_t tag, mc_bus_request_fn *on_request)
{
    for (size_t i = 0; i < MC_COUNT(self->handlers); i++)
        if (self->handlers[i].tag == tag)
            self->handlers[i].on_request = on_request;
}

/* What the loop runs for, and whether it is there. */
typedef struct {
    const int *number;
    int least;
    node_t *node;
    size_t metric;
    int64_t metric_least;
    const char *service;
    bool is_gone; /* not a peer any more */
} aim_t;

static bool
is_reached(const aim_t *aim)
{
    if (aim->number)
        return *aim->number >= aim->least;
    if (aim->service)
        return mc_bus_has_peer(aim->node->bus, aim->service) != aim->is_gone;
    return metric(aim->node, aim->metric) >= aim->metric_least;
}

static int
check(zloop_t *loop, int timer, void *arg)
{
    (void)loop;
    (void)timer;
    return is_reached(arg) ? -1 : 0;
}

static void
run(world_t *self, aim_t aim)
{
    int timer = zloop_timer(self->loop, 1, 0, check, &aim);
    zloop_start(self->loop);
    zloop_timer_end(self->loop, timer);
    cr_assert(is_reached(&aim));
}

void
wait_for(world_t *self, const int *number, int least)
{
    run(self, (aim_t){.number = number, .least = least});
}

void
wait_for_metric(node_t *node, size_t index, int64_t least)
{
    run(node->world, (aim_t){.node = node, .metric = index, .metric_least = least});
}

void
wait_for_peer(node_t *node, const char *service)
{
    run(node->world, (aim_t){.node = node, .service = service});
}

void
wait_for_no_peer(node_t *node, const char *service)
{
    run(node->world, (aim_t){.node = node, .service = service, .is_gone = true});
}

int64_t
metric(const node_t *node, size_t index)
{
    return mc_metrics_value(mc_bus_metrics(node->bus), index);
}

static void
on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    world_t *self = arg;
    if (refusal) {
        cr_expect(records == NULL);
        self->refusal = *refusal;
        self->refusals++;
        return;
    }
    self->answer = number_in(*records);
    self->answers++;
}

void
call_flags(node_t *from, const char *service, int64_t number, int timeout_ms)
{
    mc_runtime_flags_t flags = flags_with(number);
    mc_bus_call(from->bus, service, MC_MESSAGE_GET_FLAGS, mc_list_one(&flags), timeout_ms,
                on_answer, from->world);
}

void
call_tag(node_t *from, const char *service, uint16_t tag)
{
    mc_bus_call(from->bus, service, tag, (mc_list_t){NULL, 0}, 5000, on_answer, from->world);
}

void
call_huge(node_t *from, const char *service, size_t mib)
{
    char *text = malloc(MIB);
    mc_list_t events = make_events(mib, text);
    mc_bus_call(from->bus, service, MC_MESSAGE_STORE_EVENTS, events, 600000, on_answer,
                from->world);
    free((void *)events.items);
    free(text);
}

void
publish_flags(node_t *from, int64_t number)
{
    mc_runtime_flags_t flags = flags_with(number);
    mc_bus_publish(from->bus, MC_MESSAGE_FLAGS_CHANGED, mc_list_one(&flags));
}

/* Four numbers of ten bytes in each of so many flags. */
static void
publish_many(node_t *from, size_t count)
{
    mc_runtime_flags_t *flags = calloc(count, sizeof *flags);
    for (size_t i = 0; i < count; i++) {
        mc_set(&flags[i], runtime_flags, budget_headroom_percent, INT64_MAX);
        mc_set(&flags[i], runtime_flags, budget_auto_max_percent, INT64_MAX);
        mc_set(&flags[i], runtime_flags, budget_min_increment, INT64_MAX);
        mc_set(&flags[i], runtime_flags, telemetry_retention_days, INT64_MAX);
    }
    mc_bus_publish(from->bus, MC_MESSAGE_FLAGS_CHANGED, (mc_list_t){flags, count});
    free(flags);
}

void
publish_large(node_t *from)
{
    publish_many(from, 100000);
}

void
publish_huge(node_t *from)
{
    publish_many(from, MC_BUS_MESSAGE_BYTES_MAX / 40);
}

static void
on_flags(void *arg, mc_list_t records)
{
    node_t *self = arg;
    int64_t number = records.count == 1 ? number_in(records) : self->last + 1;
    self->is_in_order = self->is_in_order && number == self->last + 1;
    self->last = number;
    self->messages++;
}

static void
on_gap(void *arg)
{
    ((node_t *)arg)->gaps++;
}

void
subscribe_flags(node_t *to, const char *service)
{
    mc_bus_subscribe(to->bus, service, MC_MESSAGE_FLAGS_CHANGED, on_flags, on_gap, to);
}

/* True when the port can be bound; it is free again then. */
static bool
is_free(uint16_t port, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = bind(fd, (struct sockaddr *)&address, size) == 0 &&
                    getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    close(fd);
    *ret_port = ntohs(address.sin_port);
    return is_bound;
}

int
free_ports(void)
{
    uint16_t port, next;
    do
        cr_assert(is_free(0, &port));
    while (port > 65000 || !is_free((uint16_t)(port + 1), &next));
    return port;
}
