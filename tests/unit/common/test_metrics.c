/*
 *  test_metrics - counting, and the text that Prometheus reads
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/metrics.h"

#define METRICS(METRIC)                                                                            \
    METRIC(lease_lost, COUNTER, "", "Leases that ran out")                                         \
    METRIC(sent, COUNTER, "bytes", "Bytes that were sent")                                         \
    METRIC(open, GAUGE, "streams", "Streams that are open")                                        \
    METRIC(settle, HISTOGRAM, "seconds", "Time to settlement")

enum { LEASE_LOST, SENT, OPEN, SETTLE };

static const mc_metric_row_t rows[] = {METRICS(MC_METRIC_ROW)};

static mc_metrics_t *metrics;
static mc_buffer_t text;

static void
set_up(void)
{
    metrics = mc_metrics_new("mcp-proxy", rows, MC_COUNT(rows));
}

static void
tear_down(void)
{
    mc_metrics_destroy(&metrics);
    mc_buffer_clear(&text);
}

static const char *
print(void)
{
    mc_buffer_reset(&text);
    mc_metrics_print(metrics, &text);
    mc_buffer_byte(&text, '\0');
    return text.data;
}

static void
expect_line(const char *printed, const char *expected)
{
    const char *found = strstr(printed, expected);
    cr_expect(found && (found == printed || found[-1] == '\n'), "no line \"%s\" in\n%s", expected,
              printed);
}

TestSuite(metrics, .init = set_up, .fini = tear_down);

Test(metrics, are_printed_with_doc_type_name_unit_and_value)
{
    mc_metrics_add(metrics, LEASE_LOST, 2);
    mc_metrics_add(metrics, LEASE_LOST, 1);
    mc_metrics_add(metrics, SENT, INT64_C(5000000000));
    mc_metrics_set(metrics, OPEN, 7);
    mc_metrics_add(metrics, OPEN, -2);
    const char *printed = print();
    expect_line(printed,
                "# HELP mc_mcp_proxy_lease_lost_total Leases that ran out\n# TYPE "
                "mc_mcp_proxy_lease_lost_total counter\nmc_mcp_proxy_lease_lost_total 3\n");
    expect_line(printed, "mc_mcp_proxy_sent_bytes_total 5000000000\n");
    expect_line(printed, "# TYPE mc_mcp_proxy_open_streams gauge\nmc_mcp_proxy_open_streams 5\n");
    cr_expect_eq(mc_metrics_value(metrics, LEASE_LOST), 3);
}

Test(metrics, put_a_duration_into_the_bucket_that_holds_it)
{
    mc_metrics_observe_us(metrics, SETTLE, 0);
    mc_metrics_observe_us(metrics, SETTLE, 100);
    mc_metrics_observe_us(metrics, SETTLE, 101);
    mc_metrics_observe_us(metrics, SETTLE, 10000000);
    mc_metrics_observe_us(metrics, SETTLE, 10000001);
    const char *printed = print();
    expect_line(printed, "# TYPE mc_mcp_proxy_settle_seconds histogram\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_bucket{le=\"0.0001\"} 2\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_bucket{le=\"0.00025\"} 3\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_bucket{le=\"5\"} 3\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_bucket{le=\"10\"} 4\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_bucket{le=\"+Inf\"} 5\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_sum 20.000202\n");
    expect_line(printed, "mc_mcp_proxy_settle_seconds_count 5\n");
    cr_expect_eq(mc_metrics_value(metrics, SETTLE), 5);
}

Test(metrics, of_a_service_without_any_print_nothing)
{
    mc_metrics_destroy(&metrics);
    metrics = mc_metrics_new("x", NULL, 0);
    cr_expect_str_eq(print(), "");
}

/* The number behind a name at the start of a line. */
static double
number_of(const char *printed, const char *name)
{
    char start[128];
    snprintf(start, sizeof start, "\n%s ", name);
    const char *found = strstr(printed, start);
    cr_assert(found, "no %s", name);
    return strtod(found + strlen(start), NULL);
}

Test(metrics, tell_of_the_process)
{
    mc_metrics_print_process(&text);
    mc_buffer_byte(&text, '\0');
    double started = number_of(text.data, "process_start_time_seconds");
    cr_expect_gt(number_of(text.data, "process_resident_memory_bytes"), 100000.0);
    cr_expect_gt(number_of(text.data, "process_cpu_seconds_total"), 0.0);
    cr_expect_geq(number_of(text.data, "process_open_fds"), 3.0);
    cr_expect_geq(number_of(text.data, "process_max_fds"),
                  number_of(text.data, "process_open_fds"));
    cr_expect_gt(started, (double)time(NULL) - 600);
    cr_expect_leq(started, (double)time(NULL) + 1);
}

Test(metrics, count_a_descriptor_that_is_opened)
{
    mc_metrics_print_process(&text);
    mc_buffer_byte(&text, '\0');
    double before = number_of(text.data, "process_open_fds");
    int fd = dup(STDOUT_FILENO);
    mc_buffer_reset(&text);
    mc_metrics_print_process(&text);
    mc_buffer_byte(&text, '\0');
    cr_expect_eq(number_of(text.data, "process_open_fds"), before + 1);
    close(fd);
}
