/*
 *  admission - what asks a provider at the boundary: it goes on, is held, or is refused
 *
 *  The boundary has one set of callbacks; each admission has those of its owner,
 *  a model call or a question about a stored response.
 */
#ifndef ROUTER_ADMISSION_H
#define ROUTER_ADMISSION_H

#include "common/boundary.h"
#include "services/router/identity.h"

/* Lives in its owner, zeroed, and is never moved. */
typedef struct {
    mc_boundary_call_t call;
    mc_identity_t identity;
    size_t bytes;
    const mc_boundary_calls_t *owner; /* told with arg; lent for ever */
    void *arg;
} router_admission_t;

/* For mc_boundary_new. */
extern const mc_boundary_calls_t router_admission_calls;

/* Whose it is, and how many bytes it keeps while it is held. The texts of who are lent. */
void router_admission_init(router_admission_t *self, const router_identity_t *who, size_t bytes,
                           const mc_boundary_calls_t *owner, void *arg);

/* Enters, again where it had entered before: by the provider and the model that it would ask, which
 * are empty before they are known. Outcomes of mc_boundary_enter. */
MC_CHECKED int router_admission_enter(router_admission_t *self, mc_boundary_t *boundary,
                                      mc_text_t provider, mc_text_t model_id,
                                      mc_refusal_t *refusal);

/* Nothing of it is under way any more. May be called at any time. */
void router_admission_leave(router_admission_t *self);

#endif
