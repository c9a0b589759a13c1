/*
 *  test_bus - requests and topics over real sockets
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

TestSuite(bus, .init = set_up, .fini = tear_down, .timeout = 60);

static void
expect_refusal(mc_error_code_t code, const char *message)
{
    cr_expect_eq(world.refusal.code, (int)code, "it is %d: %s", world.refusal.code,
                 world.refusal.message);
    cr_expect_str_eq(world.refusal.message, message);
}

Test(bus, answers_a_request_with_records)
{
    world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 41, 5000);
    wait_for(&world, &world.answers, 1);
    cr_expect_eq(world.answer, 42);
    cr_expect_eq(world.refusals, 0);
    cr_expect(mc_bus_has_peer(gateway->bus, "control"));
    cr_expect(!mc_bus_has_peer(gateway->bus, "vault"));
}

Test(bus, answers_many_calls_at_once)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    for (int i = 0; i < 1000; i++)
        call_flags(gateway, "control", i, 20000);
    wait_for(&world, &world.answers, 1000);
    cr_expect_eq(control->requests, 1000);
    cr_expect_eq(metric(control, MC_BUS_METRIC_requests_open), 0);
}

static void
refuse(void *state, mc_bus_request_t *request, mc_list_t records)
{
    node_t *self = state;
    mc_refusal_t refusal = {0};
    (void)mc_refuse(&refusal, MC_CONFLICT_ERROR, "devMode", "not \"now\"");
    mc_bus_refuse(self->bus, request, &refusal);
    (void)records;
}

Test(bus, brings_a_refusal_as_it_was_made)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    node_hear(control, MC_MESSAGE_GET_FLAGS, refuse);
    call_flags(gateway, "control", 1, 5000);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_CONFLICT_ERROR, "not \"now\"");
    cr_expect_str_eq(world.refusal.field, "devMode");
}

Test(bus, refuses_a_message_that_nobody_handles)
{
    world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    call_tag(gateway, "control", MC_COMMAND_GET_TASKS);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_BAD_INPUT_ERROR, "control does not answer message 1012");
}

Test(bus, ends_a_call_at_its_deadline_and_ignores_the_answer_that_comes_late)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    control->holds = true;
    wait_for_peer(gateway, "control");
    call_flags(gateway, "control", 1, 50);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_DEADLINE_PASSED_ERROR, "control did not answer in time");

    wait_for(&world, &control->requests, 1);
    node_answer_held(control);
    wait_for_metric(gateway, MC_BUS_METRIC_answers_late, 1);
    cr_expect_eq(world.answers, 0);
    cr_expect_eq(world.refusals, 1);
}

/* More calls than there are slots at first, so that one of them has the slot of the late one. */
Test(bus, does_not_take_a_late_answer_for_that_of_a_newer_call)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    control->holds = true;
    wait_for_peer(gateway, "control");
    call_flags(gateway, "control", 1, 50);
    wait_for(&world, &world.refusals, 1);
    for (int i = 0; i < 64; i++)
        call_flags(gateway, "control", 2, 600000);
    wait_for(&world, &control->requests, 65);
    node_answer_held(control);
    wait_for_metric(gateway, MC_BUS_METRIC_answers_late, 1);
    cr_expect_eq(world.answers, 0);
}

Test(bus, says_that_a_service_is_missing)
{
    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 1, 5000);
    cr_expect_eq(world.refusals, 0, "the answer came before the call returned");
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_SERVICE_MISSING_ERROR, "control is not running");
}

Test(bus, lets_a_call_wait_while_the_services_start)
{
    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 41, 5000);
    world_add(&world, "control", "");
    wait_for(&world, &world.answers, 1);
    cr_expect_eq(world.answer, 42);
}

Test(bus, ends_calls_to_a_peer_that_goes_away_and_finds_it_again)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    control->holds = true;
    call_flags(gateway, "control", 1, 60000);
    wait_for(&world, &control->requests, 1);
    node_remove(control);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_SERVICE_MISSING_ERROR, "control went away before it answered");
    cr_expect(!mc_bus_has_peer(gateway->bus, "control"));

    control = world_add(&world, "control", "");
    wait_for_peer(gateway, "control");
    call_flags(gateway, "control", 41, 5000);
    wait_for(&world, &world.answers, 1);
    cr_expect_eq(control->requests, 1, "the call that failed was made again");
}

/* Each time a connection is made anew, while libzmq may still be busy with the end of the last. */
Test(bus, finds_a_peer_again_however_often_it_goes_away)
{
    node_t *gateway = world_add(&world, "gateway", "");
    for (int i = 0; i < 100; i++) {
        node_t *control = world_add(&world, "control", "");
        wait_for_peer(gateway, "control");
        node_remove(control);
        wait_for_no_peer(gateway, "control");
    }
}

Test(bus, spreads_calls_over_the_instances_and_hears_them_all)
{
    node_t *first = world_add(&world, "control", "");
    node_t *second = world_add(&world, "control", "2");
    node_t *gateway = world_add(&world, "gateway", "");
    subscribe_flags(gateway, "control");
    wait_for_metric(gateway, MC_BUS_METRIC_peers, 2);
    for (int i = 0; i < 10; i++)
        call_flags(gateway, "control", i, 5000);
    wait_for(&world, &world.answers, 10);
    cr_expect_eq(first->requests, 5);
    cr_expect_eq(second->requests, 5);

    wait_for(&world, &gateway->gaps, 2);
    publish_flags(first, 1);
    publish_flags(second, 2);
    wait_for(&world, &gateway->messages, 2);
    cr_expect_eq(gateway->gaps, 2);
}

Test(bus, numbers_topics_and_tells_of_a_new_publisher_once)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    publish_flags(control, -1);
    subscribe_flags(gateway, "control");
    wait_for(&world, &gateway->gaps, 1);
    cr_expect_eq(gateway->messages, 0, "what was published before came too");
    for (int i = 1; i <= 500; i++)
        publish_flags(control, i);
    wait_for(&world, &gateway->messages, 500);
    cr_expect(gateway->is_in_order);
    cr_expect_eq(gateway->gaps, 1);

    node_remove(control);
    control = world_add(&world, "control", "");
    wait_for(&world, &gateway->gaps, 2);
    publish_flags(control, 501);
    wait_for(&world, &gateway->messages, 501);
    cr_expect_eq(gateway->gaps, 2);
    cr_expect_eq(gateway->last, 501);
}

Test(bus, reaches_every_subscriber_also_of_its_own_kind)
{
    node_t *control = world_add(&world, "control", "");
    node_t *other = world_add(&world, "control", "b");
    node_t *gateway = world_add(&world, "gateway", "");
    subscribe_flags(gateway, "control");
    subscribe_flags(other, "control");
    wait_for(&world, &gateway->gaps, 2);
    wait_for(&world, &other->gaps, 2);
    publish_flags(control, 1);
    wait_for(&world, &gateway->messages, 1);
    wait_for(&world, &other->messages, 1);
}

Test(bus, tells_of_a_message_that_was_lost_at_the_end)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    subscribe_flags(gateway, "control");
    wait_for(&world, &gateway->gaps, 1);
    publish_huge(control);
    cr_expect_eq(metric(control, MC_BUS_METRIC_published_lost), 1);
    wait_for(&world, &gateway->gaps, 2);
    cr_expect_eq(gateway->messages, 0);
}

Test(bus, refuses_a_message_over_64_mib)
{
    world_add(&world, "ingest", "");
    node_t *gateway = world_add(&world, "gateway", "");
    call_huge(gateway, "ingest", 64);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_TOO_LARGE_ERROR, "the message is over 64 MiB");
}

Test(bus, carries_a_message_just_below_64_mib)
{
    node_t *ingest = world_add(&world, "ingest", "");
    node_t *gateway = world_add(&world, "gateway", "");
    call_huge(gateway, "ingest", 63);
    wait_for(&world, &world.answers, 1);
    cr_expect_eq(ingest->events, 63);
}

Test(bus, refuses_an_answer_over_64_mib)
{
    node_t *ingest = world_add(&world, "ingest", "");
    node_t *gateway = world_add(&world, "gateway", "");
    node_hear(ingest, MC_MESSAGE_GET_FLAGS, answer_huge);
    call_flags(gateway, "ingest", 1, 5000);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_TOO_LARGE_ERROR, "the answer of ingest is over 64 MiB");
}

Test(bus, is_too_busy_with_ten_thousand_calls_under_way)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    control->holds = true;
    wait_for_peer(gateway, "control");
    for (int i = 0; i < MC_BUS_CALLS_MAX; i++)
        call_flags(gateway, "control", i, 600000);
    call_flags(gateway, "control", 0, 600000);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_TOO_BUSY_ERROR, "too many calls to the service are under way");
    cr_expect_eq(world.answers, 0);
}

Test(bus, is_too_busy_with_64_mib_under_way)
{
    node_t *ingest = world_add(&world, "ingest", "");
    node_t *gateway = world_add(&world, "gateway", "");
    ingest->holds = true;
    wait_for_peer(gateway, "ingest");
    call_huge(gateway, "ingest", 33);
    call_huge(gateway, "ingest", 33);
    wait_for(&world, &world.refusals, 1);
    expect_refusal(MC_TOO_BUSY_ERROR, "too many calls to the service are under way");
}

Test(bus, answers_all_calls_when_it_closes)
{
    node_t *control = world_add(&world, "control", "");
    node_t *gateway = world_add(&world, "gateway", "");
    control->holds = true;
    call_flags(gateway, "control", 1, 60000);
    call_flags(gateway, "ingest", 1, 60000);
    wait_for(&world, &control->requests, 1);
    mc_bus_close(gateway->bus);
    cr_expect_eq(world.refusals, 2);
    expect_refusal(MC_SERVICE_MISSING_ERROR, "this service is shutting down");
}

/* A stranger's socket at the requests of control. */
static zsock_t *
connect_stranger(void)
{
    zsock_t *stranger = zsock_new(ZMQ_DEALER);
    cr_assert_eq(zsock_connect(stranger, "ipc://%s/bus/control.rpc", world.folder), 0);
    return stranger;
}

Test(bus, survives_what_is_no_message)
{
    node_t *control = world_add(&world, "control", "");
    zsock_t *stranger = connect_stranger();
    static const char head[23] = {1, [18] = MC_MESSAGE_GET_FLAGS};
    static const char other_version[23] = {2, [18] = MC_MESSAGE_GET_FLAGS};
    zsock_send(stranger, "s", "one frame");
    zsock_send(stranger, "ss", "short", "");
    zsock_send(stranger, "sssss", "many", "many", "many", "many", "frames");
    zsock_send(stranger, "bs", other_version, sizeof other_version, "");
    wait_for_metric(control, MC_BUS_METRIC_malformed, 4);
    cr_expect_eq(metric(control, MC_BUS_METRIC_requests), 0);

    zsock_send(stranger, "bs", head, sizeof head, "\xdf\xff\xff\xff\xff");
    wait_for_metric(control, MC_BUS_METRIC_requests_refused, 1);
    cr_expect_eq(control->requests, 0);
    zsock_destroy(&stranger);

    node_t *gateway = world_add(&world, "gateway", "");
    call_flags(gateway, "control", 41, 5000);
    wait_for(&world, &world.answers, 1);
}
