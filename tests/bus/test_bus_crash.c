/*
 *  test_bus_crash - services that are killed, stopped, or do not listen
 *
 *  The services that suffer are children, made before ZeroMQ starts here. Each
 *  waits for a word before it opens its bus.
 */
#include "tests/bus/bus_world.c"

#include <sys/prctl.h>

#define CHILDREN 2

static world_t world;

static struct {
    pid_t pid;
    int go; /* a byte here lets it begin */
} children[CHILDREN];

/* Control that holds the first request, and answers when it is the second child. */
static void
run_child(int go, bool holds)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(go, &byte, 1) != 1)
        _exit(1);
    world_open_loop(&world);
    node_t *control = world_add(&world, "control", "");
    control->holds = holds;
    zloop_start(world.loop);
    _exit(0);
}

static void
set_up(void)
{
    world_prepare(&world);
    for (int i = 0; i < CHILDREN; i++) {
        int ends[2];
        cr_assert(pipe(ends) == 0);
        children[i].pid = fork();
        cr_assert_neq(children[i].pid, -1);
        if (children[i].pid == 0)
            run_child(ends[0], i == 0);
        children[i].go = ends[1];
        close(ends[0]);
    }
    world_open_loop(&world);
}

static void
end_child(int index)
{
    if (children[index].pid) {
        kill(children[index].pid, SIGKILL);
        waitpid(children[index].pid, NULL, 0);
        close(children[index].go);
    }
    children[index].pid = 0;
}

static void
begin_child(int index)
{
    cr_assert_eq(write(children[index].go, "x", 1), 1);
}

static void
tear_down(void)
{
    for (int i = 0; i < CHILDREN; i++)
        end_child(i);
    world_close(&world);
}

TestSuite(bus_crash, .init = set_up, .fini = tear_down, .timeout = 60);

Test(bus_crash, ends_the_calls_to_a_service_that_is_killed_and_finds_the_next_one)
{
    begin_child(0);
    node_t *gateway = world_add(&world, "gateway", "");
    subscribe_flags(gateway, "control");
    wait_for(&world, &gateway->gaps, 1);
    call_flags(gateway, "control", 1, 600000);
    end_child(0);
    wait_for(&world, &world.refusals, 1);
    cr_expect_eq(world.refusal.code, MC_SERVICE_MISSING_ERROR);
    cr_expect_str_eq(world.refusal.message, "control went away before it answered");

    begin_child(1);
    wait_for_peer(gateway, "control");
    call_flags(gateway, "control", 41, 600000);
    wait_for(&world, &world.answers, 1);
    cr_expect_eq(world.answer, 42);
    wait_for(&world, &gateway->gaps, 2);
}

Test(bus_crash, notices_a_service_that_hangs)
{
    begin_child(0);
    node_t *gateway = world_add(&world, "gateway", "");
    wait_for_peer(gateway, "control");
    kill(children[0].pid, SIGSTOP);
    call_flags(gateway, "control", 1, 600000);
    wait_for(&world, &world.refusals, 1);
    cr_expect_eq(world.refusal.code, MC_SERVICE_MISSING_ERROR);
    cr_expect(!mc_bus_has_peer(gateway->bus, "control"));
}

/* The subscriber has a loop of its own, which rests while too much is published. */
Test(bus_crash, bounds_what_waits_for_a_subscriber_that_does_not_listen)
{
    world_t other = {0};
    node_t *control = world_add(&world, "control", "");
    strcpy(other.folder, world.folder);
    world_open_loop(&other);
    node_t *gateway = world_add(&other, "gateway", "");
    subscribe_flags(gateway, "control");
    wait_for_metric(gateway, MC_BUS_METRIC_peers, 1);
    while (gateway->gaps == 0) { /* each loop in its turn, until the first beacon is there */
        wait_for_metric(control, MC_BUS_METRIC_peers, 0);
        wait_for_metric(gateway, MC_BUS_METRIC_peers, 1);
    }

    for (int i = 0; i < 40; i++)
        publish_large(control);
    int64_t lost = metric(control, MC_BUS_METRIC_published_lost);
    cr_expect_gt(lost, 0);
    cr_expect_lt(lost, 40);
    while (gateway->gaps == 1) {
        wait_for_metric(control, MC_BUS_METRIC_peers, 0);
        wait_for_metric(gateway, MC_BUS_METRIC_peers, 1);
    }
    cr_expect_eq(gateway->messages, 40 - lost);
    node_remove(gateway);
    zloop_destroy(&other.loop);
    mc_turns_destroy(&other.turns);
}
