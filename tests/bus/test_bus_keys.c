/*
 *  test_bus_keys - who may connect over tcp
 *
 *  The guard of keys is one per process, so the service that is guarded runs in
 *  a child, which is made before ZeroMQ starts.
 */
#include "tests/bus/bus_world.c"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define SERVER_KEYS "server"
#define CLIENT_KEYS "client"

static world_t world;
static pid_t child;
static int port;

/* The path of a file in the folder of this test. */
static const char *
in_folder(const char *format, const char *name)
{
    static char paths[4][256];
    static size_t turn;
    char *path = paths[turn++ % MC_COUNT(paths)];
    int size = snprintf(path, sizeof paths[0], "%s/", world.folder);
    snprintf(path + size, sizeof paths[0] - (size_t)size, format, name);
    return path;
}

static void
copy_file(const char *source, const char *target)
{
    char bytes[4096];
    FILE *in = fopen(source, "r");
    FILE *out = fopen(target, "w");
    cr_assert(in && out, "%s to %s", source, target);
    size_t size = fread(bytes, 1, sizeof bytes, in);
    fwrite(bytes, 1, size, out);
    fclose(in);
    fclose(out);
}

static void
set_keys(const char *name)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    setenv("AOP_BUS_CONTROL", endpoint, 1);
    setenv("AOP_BUS_KEY_DIR", in_folder("%s", name), 1);
}

/* Runs control until the test ends, and tells which ports it got: a free one may be taken by
 * another program before it is bound. */
static void
run_child(int out)
{
    node_t *node = free_node(&world);
    mc_bus_t *bus;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    do {
        port = free_ports();
        set_keys(SERVER_KEYS);
        bus = make_bus(&world, node, "control", "");
        if (!bus)
            node_remove(node);
    } while (!bus);
    mc_bus_bind(bus, node);
    if (write(out, &port, sizeof port) == sizeof port)
        zloop_start(world.loop);
    _exit(0);
}

/* The folder of keys that both have, a copy of it, and control in a child. */
static void
set_up(void)
{
    int pipes[2];
    world_prepare(&world);
    cr_assert(mc_bus_make_keys(in_folder("%s", SERVER_KEYS)) == 0, "%s", mc_error());
    cr_assert(mc_bus_make_keys(in_folder("%s", CLIENT_KEYS)) == 0, "%s", mc_error());
    copy_file(in_folder(SERVER_KEYS "/allowed/%s", "control.key"),
              in_folder(CLIENT_KEYS "/allowed/%s", "control.key"));
    cr_assert_eq(pipe(pipes), 0);
    child = fork();
    cr_assert_neq(child, -1);
    world_open_loop(&world);
    if (child == 0)
        run_child(pipes[1]);
    close(pipes[1]);
    cr_assert_eq(read(pipes[0], &port, sizeof port), sizeof port);
    close(pipes[0]);
    set_keys(CLIENT_KEYS);
}

static void
tear_down(void)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    world_close(&world);
}

TestSuite(bus_keys, .init = set_up, .fini = tear_down, .timeout = 60);

/* The server learns the key while it runs. */
static void
allow_client(void)
{
    copy_file(in_folder(CLIENT_KEYS "/%s", "gateway.key"),
              in_folder(SERVER_KEYS "/allowed/%s", "gateway.key"));
}

Test(bus_keys, let_in_a_service_whose_key_is_allowed)
{
    allow_client();
    node_t *gateway = world_add(&world, "gateway", "");
    cr_expect(!mc_bus_is_in_the_clear(gateway->bus));
    subscribe_flags(gateway, "control");
    wait_for_peer(gateway, "control"); /* a call waits for its first connection for a second only */
    call_flags(gateway, "control", 41, 20000);
    wait_for(&world, &world.answers, 1);
    wait_for(&world, &gateway->gaps, 1);
    cr_expect_eq(world.answer, 42);
}

Test(bus_keys, keep_out_a_service_whose_key_is_not_allowed_until_it_is)
{
    node_t *gateway = world_add(&world, "gateway", "");
    subscribe_flags(gateway, "control");
    wait_for_metric(gateway, MC_BUS_METRIC_peers_refused, 1);
    cr_expect(!mc_bus_has_peer(gateway->bus, "control"));
    call_flags(gateway, "control", 41, 20000);
    wait_for(&world, &world.refusals, 1);
    cr_expect_eq(world.refusal.code, MC_SERVICE_MISSING_ERROR);
    cr_expect(strstr(world.refusal.message, "does not take the key of gateway"), "%s",
              world.refusal.message);
    cr_expect_eq(gateway->gaps, 0);

    allow_client();
    wait_for_peer(gateway, "control");
    call_flags(gateway, "control", 41, 20000);
    wait_for(&world, &world.answers, 1);
}

static int
leave(zloop_t *loop, int timer, void *arg)
{
    (void)loop;
    (void)timer;
    (void)arg;
    return -1;
}

/* Runs the loop until there is one answer more, or a refusal. */
static void
wait_for_either(world_t *self, int answers)
{
    while (self->answers < answers && self->refusals == 0) {
        int timer = zloop_timer(self->loop, 1, 1, leave, NULL);
        zloop_start(self->loop);
        zloop_timer_end(self->loop, timer);
    }
}

/* zauth alone does not see a file that is as long and as old, in seconds, as the one before. */
Test(bus_keys, see_a_key_that_is_written_over_in_the_same_second)
{
    const char *allowed = in_folder(SERVER_KEYS "/allowed/%s", "gateway.key");
    struct stat before;
    struct timespec times[2] = {0};
    node_t *gateway = world_add(&world, "gateway", "");
    wait_for_metric(gateway, MC_BUS_METRIC_peers_refused, 1);
    cr_assert_eq(stat(allowed, &before), 0);
    times[0] = times[1] = before.st_mtim;
    allow_client();
    cr_assert_eq(utimensat(AT_FDCWD, allowed, times, 0), 0);
    wait_for_peer(gateway, "control");
}

Test(bus_keys, keep_out_a_key_that_was_taken_away)
{
    allow_client();
    node_t *gateway = world_add(&world, "gateway", "");
    wait_for_peer(gateway, "control");
    unlink(in_folder(SERVER_KEYS "/allowed/%s", "gateway.key"));
    while (world.refusals == 0) { /* until the server has looked, it lets us in */
        int answers = world.answers + 1;
        node_remove(gateway);
        gateway = world_add(&world, "gateway", "");
        call_flags(gateway, "control", 41, 20000);
        wait_for_either(&world, answers);
    }
    cr_expect_eq(world.refusal.code, MC_SERVICE_MISSING_ERROR);
}

Test(bus_keys, keep_out_a_server_that_is_not_the_one_expected)
{
    allow_client();
    copy_file(in_folder(CLIENT_KEYS "/%s", "control.key"),
              in_folder(CLIENT_KEYS "/allowed/%s", "control.key"));
    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 41, 20000);
    wait_for(&world, &world.refusals, 1);
    cr_expect_eq(world.refusal.code, MC_SERVICE_MISSING_ERROR);
    cr_expect_eq(world.answers, 0);
}

/* Waits for the end of a handshake and returns its event. */
static int
handshake(zsock_t *socket)
{
    zsock_t *monitor = zsock_new(ZMQ_PAIR);
    zmq_socket_monitor(zsock_resolve(socket), "inproc://test-monitor",
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                           ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    zsock_connect(monitor, "inproc://test-monitor");
    zsock_connect(socket, "tcp://127.0.0.1:%d", port);
    zmsg_t *message = zmsg_recv(monitor);
    cr_assert(message != NULL);
    uint16_t event;
    memcpy(&event, zframe_data(zmsg_first(message)), sizeof event);
    zmsg_destroy(&message);
    zsock_destroy(&monitor);
    return event;
}

Test(bus_keys, keep_out_a_stranger_without_any)
{
    zsock_t *stranger = zsock_new(ZMQ_DEALER);
    cr_expect_neq(handshake(stranger), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zsock_destroy(&stranger);
}

Test(bus_keys, are_needed_over_tcp)
{
    setenv("AOP_BUS_KEY_DIR", "", 1);
    world_add_failing(&world, "gateway", "");
    cr_expect_str_eq(mc_error(),
                     "the bus goes over tcp without keys: make them with missionctl keys bus DIR "
                     "and set AOP_BUS_KEY_DIR to DIR, or set it to insecure on a private network");
}

Test(bus_keys, must_be_there)
{
    const char *secret = in_folder(CLIENT_KEYS "/%s", "gateway.key_secret");
    char reason[512];
    unlink(secret);
    world_add_failing(&world, "gateway", "");
    snprintf(
        reason, sizeof reason,
        "reading the bus key %s (AOP_BUS_KEY_DIR; missionctl keys bus DIR makes keys): No such "
        "file or directory",
        secret);
    cr_expect_str_eq(mc_error(), reason);
}

Test(bus_keys, must_not_be_those_of_the_manual)
{
    uint8_t public_key[32], secret_key[32];
    zmq_z85_decode(public_key, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    zmq_z85_decode(secret_key, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs");
    zcert_t *cert = zcert_new_from(public_key, secret_key);
    zcert_save(cert, in_folder(CLIENT_KEYS "/%s", "gateway.key"));
    zcert_destroy(&cert);
    world_add_failing(&world, "gateway", "");
    cr_expect(strstr(mc_error(), "gateway.key is the published test key: make another"), "%s",
              mc_error());
}

Test(bus_keys, are_made_for_every_service_and_kept_when_made_again)
{
    static const char *const services[] = {"ingest", "control",   "gateway", "router",
                                           "budget", "retention", "vault"};
    char before[4096] = "", after[4096] = "";
    struct stat status;
    for (size_t i = 0; i < MC_COUNT(services); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.key_secret", services[i]);
        cr_assert(stat(in_folder(SERVER_KEYS "/%s", name), &status) == 0, "%s", name);
        cr_expect_eq(status.st_mode & 0777, 0600);
        snprintf(name, sizeof name, "%s.key", services[i]);
        cr_expect(stat(in_folder(SERVER_KEYS "/allowed/%s", name), &status) == 0, "%s", name);
    }
    FILE *file = fopen(in_folder(SERVER_KEYS "/%s", "vault.key_secret"), "r");
    cr_assert_gt(fread(before, 1, sizeof before - 1, file), 0);
    fclose(file);
    unlink(in_folder(SERVER_KEYS "/allowed/%s", "vault.key"));
    cr_expect(mc_bus_make_keys(in_folder("%s", SERVER_KEYS)) == 0);
    file = fopen(in_folder(SERVER_KEYS "/%s", "vault.key_secret"), "r");
    cr_assert_gt(fread(after, 1, sizeof after - 1, file), 0);
    fclose(file);
    cr_expect_str_eq(before, after);
    cr_expect(stat(in_folder(SERVER_KEYS "/allowed/%s", "vault.key"), &status) == 0);
    cr_expect(!strstr(before, "Yne@"));
}

Test(bus_keys, are_not_made_where_nothing_can_be_written)
{
    cr_expect(mc_bus_make_keys("/proc/nowhere") == -1);
    cr_expect(strstr(mc_error(), "making the folder /proc/nowhere: "), "%s", mc_error());
}
