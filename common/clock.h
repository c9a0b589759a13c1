/*
 *  clock - the two clocks that the product uses
 */
#ifndef MC_COMMON_CLOCK_H
#define MC_COMMON_CLOCK_H

#include "proto/base.h"

/* Microseconds since 1970, for times that are stored and shown. */
int64_t mc_clock_us(void);

/* Microseconds that never go back, for deadlines and durations. */
int64_t mc_clock_steady_us(void);

#define MC_DAY_US INT64_C(86400000000)

#endif
