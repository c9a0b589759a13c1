/*
 *  metrics - numbers that a service counts, shown on /metrics for Prometheus
 *
 *  A metric is a row of a service's metrics.def; its name on the wire is
 *  mc_<service>_<name>[_<unit>][_total]. One thread writes and reads them.
 *
 *      #define BUDGET_METRICS(METRIC) \
 *          METRIC(lease_lost, COUNTER, "", "Leases that ran out") \
 *          METRIC(settle,     HISTOGRAM, "seconds", "Time from lease to settlement")
 */
#ifndef MC_COMMON_METRICS_H
#define MC_COMMON_METRICS_H

#include "proto/buffer.h"

typedef enum { MC_METRIC_COUNTER, MC_METRIC_GAUGE, MC_METRIC_HISTOGRAM } mc_metric_kind_t;

typedef struct {
    const char *name;
    mc_metric_kind_t kind;
    const char *unit; /* "", "bytes", "seconds", "events" */
    const char *doc;
} mc_metric_row_t;

#define MC_METRIC_ROW(metric, metric_kind, metric_unit, text)                                      \
    {.name = #metric, .kind = MC_METRIC_##metric_kind, .unit = (metric_unit), .doc = (text)},

typedef struct mc_metrics mc_metrics_t;

/* rows are lent for ever. */
mc_metrics_t *mc_metrics_new(const char *service, const mc_metric_row_t *rows, size_t count);
void mc_metrics_destroy(mc_metrics_t **address);

/* index is the number of the row; see the enum each service makes from its table. */
void mc_metrics_add(mc_metrics_t *self, size_t index, int64_t amount);
void mc_metrics_set(mc_metrics_t *self, size_t index, int64_t value);
/* For a histogram: buckets from 100 us to 10 s. */
void mc_metrics_observe_us(mc_metrics_t *self, size_t index, int64_t duration_us);
/* Of a histogram: how many were observed. */
int64_t mc_metrics_value(const mc_metrics_t *self, size_t index);

/* The text format of Prometheus, version 0.0.4. */
void mc_metrics_print(const mc_metrics_t *self, mc_buffer_t *out);
#define MC_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The process's own numbers: resident memory, CPU, descriptors, start. */
void mc_metrics_print_process(mc_buffer_t *out);

#endif
