/*
 *  test_bus_endpoints - where services are, and how they are found
 */
#include "tests/bus/bus_world.c"

static world_t world;

static void
set_up(void)
{
    world_open(&world);
}

static void
tear_down(void)
{
    world_close(&world);
}

TestSuite(bus_endpoints, .init = set_up, .fini = tear_down, .timeout = 60);

Test(bus_endpoints, refuse_a_second_process_of_the_same_name)
{
    world_add(&world, "control", "");
    world_add_failing(&world, "control", "");
    cr_expect(strstr(mc_error(), "another control with instance \"\" runs on "), "%s", mc_error());
    cr_expect(strstr(mc_error(), "or give this one another AOP_INSTANCE"), "%s", mc_error());
}

Test(bus_endpoints, work_in_a_folder_whose_path_is_too_long_for_a_socket)
{
    char path[256];
    int size = snprintf(path, sizeof path, "%s/%0120d", world.folder, 0);
    cr_assert_lt(size, (int)sizeof path);
    setenv("AOP_VAR_DIR", path, 1);
    world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 41, 5000);
    wait_for(&world, &world.answers, 1);
}

Test(bus_endpoints, are_refused_when_they_are_none)
{
    static const char *const values[] = {"control:7400", "tcp://:7400",   "tcp://control",
                                         "tcp://x:0",    "tcp://x:65535", "tcp://x:74a",
                                         "ipc:///tmp/x", "tcp://[]:7400"};
    char reason[256];
    for (size_t i = 0; i < MC_COUNT(values); i++) {
        setenv("AOP_BUS_CONTROL", values[i], 1);
        setenv("AOP_BUS_KEY_DIR", "insecure", 1);
        world_add_failing(&world, "control", "");
        snprintf(reason, sizeof reason,
                 "AOP_BUS_CONTROL is \"%s\", not tcp://host:port with a port between 1 and 65534",
                 values[i]);
        cr_expect_str_eq(mc_error(), reason);
    }
}

/* A name with two addresses, in the place of the system's resolver. */
static size_t
resolve_two(const char *host, char (*ret_addresses)[MC_BUS_ADDRESS_BYTES], size_t max)
{
    cr_expect_str_eq(host, "ingest.test");
    cr_assert_geq(max, 2);
    strcpy(ret_addresses[0], "127.0.0.1");
    strcpy(ret_addresses[1], "127.0.0.2");
    return 2;
}

static void
set_endpoint(const char *variable, const char *host, int port)
{
    char value[64];
    snprintf(value, sizeof value, "tcp://%s:%d", host, port);
    setenv(variable, value, 1);
}

Test(bus_endpoints, are_all_the_addresses_of_a_name)
{
    int port = free_ports();
    setenv("AOP_BUS_KEY_DIR", "insecure", 1);
    set_endpoint("AOP_BUS_INGEST", "127.0.0.1", port);
    node_t *first = world_add(&world, "ingest", "");
    set_endpoint("AOP_BUS_INGEST", "127.0.0.2", port);
    node_t *second = world_add(&world, "ingest", "");
    set_endpoint("AOP_BUS_INGEST", "ingest.test", port);
    node_t *gateway = world_add(&world, "gateway", "");
    mc_bus_set_resolver(gateway->bus, resolve_two);
    cr_expect(mc_bus_is_in_the_clear(gateway->bus));

    subscribe_flags(gateway, "ingest");
    wait_for_metric(gateway, MC_BUS_METRIC_peers, 2);
    for (int i = 0; i < 4; i++)
        call_flags(gateway, "ingest", i, 5000);
    wait_for(&world, &world.answers, 4);
    cr_expect_eq(first->requests, 2);
    cr_expect_eq(second->requests, 2);
    publish_flags(first, 1);
    publish_flags(second, 2);
    wait_for(&world, &gateway->gaps, 2);
}

Test(bus_endpoints, are_found_with_the_resolver_of_the_system)
{
    int port = free_ports();
    setenv("AOP_BUS_KEY_DIR", "insecure", 1);
    set_endpoint("AOP_BUS_INGEST", "localhost", port);
    world_add(&world, "ingest", "");
    node_t *gateway = world_add(&world, "gateway", "");
    wait_for_peer(gateway, "ingest");
    call_flags(gateway, "ingest", 41, 5000);
    wait_for(&world, &world.answers, 1);
}

Test(bus_endpoints, say_which_port_is_in_use)
{
    int port = free_ports();
    setenv("AOP_BUS_KEY_DIR", "insecure", 1);
    set_endpoint("AOP_BUS_INGEST", "127.0.0.1", port);
    world_add(&world, "ingest", "");
    world_add_failing(&world, "ingest", "");
    char reason[256];
    snprintf(reason, sizeof reason,
             "binding tcp://127.0.0.1:%d: Address already in use; choose another port in "
             "AOP_BUS_INGEST",
             port);
    cr_expect_str_eq(mc_error(), reason);
}
