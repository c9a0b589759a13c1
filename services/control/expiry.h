/*
 *  expiry - the time limit of a pause: warned of, then resumed or stopped
 */
#ifndef CONTROL_EXPIRY_H
#define CONTROL_EXPIRY_H

#include "services/control/control_store.h"

/* One verb that control does by itself; ends with control_expiry_end. */
typedef struct {
    control_t *control;
    mc_ask_t ask; /* its arena and plan only: there is nobody to answer */
    /* Who wanted it is told: the epoch that it made, 0 where nothing changed, -1 where the store
     * did not answer. */
    void (*ended)(control_t *control, int64_t epoch);
} control_expiry_t;

void control_expiry_end(control_expiry_t *self, int64_t epoch);

#endif
