/*
 *  vault_socket - orders to the vault of this machine, over its own Unix socket
 */
#ifndef MISSIONCTL_VAULT_SOCKET_H
#define MISSIONCTL_VAULT_SOCKET_H

#include "place.h"
#include "proto/arena.h"

#define MISSIONCTL_VAULT_ANSWER_BYTES_MAX ((size_t)52 << 20)

typedef struct {
    mc_vault_report_t report;
    mc_arena_t *arena;
    char *bytes; /* what the report's texts lie in; locked */
} missionctl_vault_answer_t;

/* Sends an order and waits for its report: 0, or -1 with the vault's words. */
MC_CHECKED int missionctl_vault_ask(const missionctl_place_t *place, const mc_vault_order_t *order,
                                    missionctl_vault_answer_t *ret_answer);
void missionctl_vault_answer_clear(missionctl_vault_answer_t *self);

#endif
