/*
 *  parts - what the files of the lease of budgets share
 *
 *      budget_lease.c  calls, and the questions for them
 *      settling.c      what calls used, sent until it is answered
 *      beating.c       signs of life, and giving back what is idle
 */
#ifndef MC_COMMON_BUDGET_PARTS_H
#define MC_COMMON_BUDGET_PARTS_H

#include <sys/queue.h>

#include "common/budget_lease.h"

#define MC_BUDGET_SERVICE "budget"

typedef struct mc_budget_chain mc_budget_chain_t;

struct mc_budget_call {
    TAILQ_ENTRY(mc_budget_call) link; /* of those that wait */
    mc_budget_lease_t *lease;
    mc_budget_chain_t *chain;
    char *id;
    mc_budget_need_t need;
    int timeout_ms;
    bool is_waiting;
    mc_budget_answer_fn *answer;
    void *arg;
    size_t count;
    mc_budget_hold_t *holds;
};

struct mc_budget_chain {
    mc_budget_lease_t *lease;
    char *names[4]; /* task, root, actor, key */
    TAILQ_HEAD(, mc_budget_call) waiting;
    mc_budget_part_t *parts[MC_BUDGET_PARTS_MAX];
    size_t count;
    int64_t known_us; /* 0: not known */
    bool was_known;   /* once, so that it is known whether there was a limit */
    bool is_asking;
    mc_budget_need_t asked; /* what the question under way was for */
    int64_t asked_us;       /* and when it was sent */
};

typedef struct mc_budget_settled {
    STAILQ_ENTRY(mc_budget_settled) link;
    mc_budget_charge_t charge; /* its texts are behind it */
    char texts[];
} mc_budget_settled_t;

struct mc_budget_lease {
    mc_bus_t *bus;
    char holder[160];
    bool is_open_when_away;
    zhashx_t *parts;  /* by id of the budget */
    zhashx_t *chains; /* by the names */
    STAILQ_HEAD(, mc_budget_settled) lines;
    size_t line_count;
    size_t sent; /* lines that are on their way */
    size_t asking;
    int64_t seq;
    int64_t beat_us;
    int64_t sent_us;    /* the beat that is not answered yet */
    int64_t trusted_us; /* until then, at least, the service knew that this process lives */
    bool is_beating;
    bool is_leaving;
};

/* Ends a call without settling it; one that waits leaves its queue. */
void mc_budget_call_free(mc_budget_call_t *call);

/* Settles one line, now or later. */
void mc_budget_add_line(mc_budget_lease_t *self, const char *call_id, const char *budget_id,
                        int64_t reserved, int64_t used);
/* Sends what waits, unless some is on its way. */
void mc_budget_send_lines(mc_budget_lease_t *self);

/* Gives back what no call has, when the service may have given this process up. */
void mc_budget_doubt(mc_budget_lease_t *self, int64_t now_us);

/* Takes what the service says of a budget; the part is lent for ever. */
mc_budget_part_t *mc_budget_take_line(mc_budget_lease_t *self, const mc_budget_line_t *line);

#endif
