/*
 *  metrics - numbers that a service counts, shown on /metrics for Prometheus
 */
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>

/* Upper bounds in microseconds; behind the last everything is +Inf. */
static const int64_t bucket_us[] = {100,     250,     500,     1000,    2500,   5000,
                                    10000,   25000,   50000,   100000,  250000, 500000,
                                    1000000, 2500000, 5000000, 10000000};

#define BUCKETS MC_COUNT(bucket_us)

typedef struct {
    int64_t buckets[BUCKETS]; /* each counts what its bound takes and no smaller one does */
    int64_t sum_us;
} histogram_t;

typedef struct {
    int64_t value; /* of a histogram: the count */
    histogram_t *histogram;
} metric_t;

struct mc_metrics {
    char *service;
    const mc_metric_row_t *rows;
    size_t count;
    metric_t *metrics;
};

static void *
allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        mc_fatal("out of memory");
    return memory;
}

/* A copy of the name in which a dash is an underscore, as Prometheus wants it. */
static char *
wire_name(const char *service)
{
    char *copy = strdup(service);
    if (!copy)
        mc_fatal("out of memory");
    for (char *at = copy; *at; at++)
        if (*at == '-')
            *at = '_';
    return copy;
}

mc_metrics_t *
mc_metrics_new(const char *service, const mc_metric_row_t *rows, size_t count)
{
    mc_metrics_t *self = allocate(1, sizeof *self);
    *self = (mc_metrics_t){.service = wire_name(service), .rows = rows, .count = count};
    self->metrics = allocate(count, sizeof *self->metrics);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == MC_METRIC_HISTOGRAM)
            self->metrics[i].histogram = allocate(1, sizeof(histogram_t));
    return self;
}

void
mc_metrics_destroy(mc_metrics_t **address)
{
    mc_metrics_t *self = mc_take(address);
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        free(self->metrics[i].histogram);
    free(self->metrics);
    free(self->service);
    free(self);
}

void
mc_metrics_add(mc_metrics_t *self, size_t index, int64_t amount)
{
    assert(index < self->count);
    assert(self->rows[index].kind != MC_METRIC_HISTOGRAM);
    self->metrics[index].value += amount;
}

void
mc_metrics_set(mc_metrics_t *self, size_t index, int64_t value)
{
    assert(index < self->count);
    assert(self->rows[index].kind == MC_METRIC_GAUGE);
    self->metrics[index].value = value;
}

void
mc_metrics_observe_us(mc_metrics_t *self, size_t index, int64_t duration_us)
{
    assert(index < self->count);
    assert(self->rows[index].kind == MC_METRIC_HISTOGRAM);
    metric_t *metric = &self->metrics[index];
    size_t bucket = 0;
    while (bucket < BUCKETS && duration_us > bucket_us[bucket])
        bucket++;
    if (bucket < BUCKETS)
        metric->histogram->buckets[bucket]++;
    metric->histogram->sum_us += duration_us;
    metric->value++;
}

int64_t
mc_metrics_value(const mc_metrics_t *self, size_t index)
{
    assert(index < self->count);
    return self->metrics[index].value;
}

static void
write_name(const mc_metrics_t *self, const mc_metric_row_t *row, mc_buffer_t *out)
{
    mc_buffer_printf(out, "mc_%s_%s", self->service, row->name);
    if (row->unit[0])
        mc_buffer_printf(out, "_%s", row->unit);
    if (row->kind == MC_METRIC_COUNTER)
        mc_buffer_string(out, "_total");
}

static void
write_head(const mc_metrics_t *self, const mc_metric_row_t *row, mc_buffer_t *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    mc_buffer_string(out, "# HELP ");
    write_name(self, row, out);
    mc_buffer_printf(out, " %s\n# TYPE ", row->doc);
    write_name(self, row, out);
    mc_buffer_printf(out, " %s\n", types[row->kind]);
}

static void
write_histogram(const mc_metrics_t *self, size_t index, mc_buffer_t *out)
{
    const mc_metric_row_t *row = &self->rows[index];
    const histogram_t *histogram = self->metrics[index].histogram;
    int64_t below = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        below += histogram->buckets[i];
        write_name(self, row, out);
        mc_buffer_printf(out, "_bucket{le=\"%g\"} %" PRId64 "\n", (double)bucket_us[i] / 1e6,
                         below);
    }
    write_name(self, row, out);
    mc_buffer_printf(out, "_bucket{le=\"+Inf\"} %" PRId64 "\n", self->metrics[index].value);
    write_name(self, row, out);
    mc_buffer_printf(out, "_sum %.6f\n", (double)histogram->sum_us / 1e6);
    write_name(self, row, out);
    mc_buffer_printf(out, "_count %" PRId64 "\n", self->metrics[index].value);
}

void
mc_metrics_print(const mc_metrics_t *self, mc_buffer_t *out)
{
    for (size_t i = 0; i < self->count; i++) {
        write_head(self, &self->rows[i], out);
        if (self->metrics[i].histogram) {
            write_histogram(self, i, out);
            continue;
        }
        write_name(self, &self->rows[i], out);
        mc_buffer_printf(out, " %" PRId64 "\n", self->metrics[i].value);
    }
}
