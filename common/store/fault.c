/*
 *  fault - what an error of the server means to who asked
 */
#include "link.h"

typedef struct {
    const char *state; /* SQLSTATE, or the start of it */
    mc_error_code_t code;
    const char *message; /* NULL: the server's */
} fault_row_t;

/* The first that fits; everything else is internal. */
static const fault_row_t faults[] = {
    {"57014", MC_DEADLINE_PASSED_ERROR, "the database did not answer in time"},
    {"57P", MC_STORE_AWAY_ERROR, NULL},   /* it shuts down, starts up or crashed */
    {"08", MC_STORE_AWAY_ERROR, NULL},    /* connection exceptions */
    {"53300", MC_STORE_AWAY_ERROR, NULL}, /* too many connections */
};

static const fault_row_t *
find_fault(const char *state)
{
    for (size_t i = 0; i < MC_COUNT(faults); i++)
        if (!strncmp(state, faults[i].state, strlen(faults[i].state)))
            return &faults[i];
    return NULL;
}

void
mc_link_read_fault(const PGresult *result, mc_refusal_t *ret_refusal)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    /* Without a SQLSTATE it is libpq that complains: the connection broke. */
    const fault_row_t *row = state ? find_fault(state) : NULL;
    mc_error_code_t usual = state ? MC_INTERNAL_ERROR : MC_STORE_AWAY_ERROR;
    const char *text = row && row->message ? row->message : message;
    mc_refusal_fill(ret_refusal, row ? row->code : usual, state ? state : "", "%s",
                    text ? text : "the connection to the database broke");
}
