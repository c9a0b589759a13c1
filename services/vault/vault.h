/*
 *  vault - the state of the service and what its parts share
 */
#ifndef VAULT_H
#define VAULT_H

#include "common/service.h"
#include "common/store.h"
#include "services/vault/audit.h"
#include "services/vault/book.h"
#include "services/vault/logs.def"
#include "services/vault/metrics.def"

#define VAULT_LOG(event, level, doc) MC_LOG_DECLARE(vault_log, event, level, doc)
VAULT_LOGS(VAULT_LOG)

#define VAULT_METRIC_MEMBER(name, kind, unit, doc) VAULT_METRIC_##name,
enum { VAULT_METRICS(VAULT_METRIC_MEMBER) VAULT_METRIC_COUNT };
extern const mc_metric_row_t vault_metric_rows[];

#define VAULT_LOOK_MS 1000          /* between two looks at store and files */
#define VAULT_FIRST_LOOK_MS 50      /* until the store was read once */
#define VAULT_CHECKPOINT_MS 3600000 /* between two signed heads of the audit chain */
#define VAULT_BACKEND "mission-control-vault"

typedef struct vault_admin vault_admin_t;
typedef struct vault_changes vault_changes_t;
typedef struct vault_confirmations vault_confirmations_t;
typedef struct vault_leases vault_leases_t;
typedef struct vault_opening vault_opening_t;

typedef struct {
    mc_service_t *service;
    const mc_settings_t *settings;
    mc_bus_t *bus;
    mc_metrics_t *metrics;
    mc_store_t *store;
    char *folder;
    int folder_lock;       /* descriptor; -1: not taken */
    vault_book_t *book;    /* as PostgreSQL has it; NULL until it was read */
    vault_keyring_t *ring; /* NULL: sealed */
    char reason[512];      /* why it is sealed */
    bool is_loading;
    bool is_standby;    /* another vault is in charge of the store */
    bool is_unreadable; /* what PostgreSQL has is no store; the reason says why */
    bool is_memory_locked;
    bool dev_mode;
    bool was_broken; /* the audit chain, at the last look */
    vault_audit_t *audit;
    vault_opening_t *opening;
    vault_changes_t *changes;
    vault_leases_t *leases;
    vault_confirmations_t *confirmations;
    vault_admin_t *admin;
} vault_t;

#define VAULT_COUNT(vault, metric) mc_metrics_add((vault)->metrics, VAULT_METRIC_##metric, 1)

void *vault_start(mc_service_t *service);
void vault_stop(void *state);
const char *vault_unready(void *state);

/* By the clock. */
mc_service_tick_fn vault_look, vault_look_first, vault_sign_head;

/* Requests of the bus. */
mc_bus_request_fn vault_on_lease, vault_on_state, vault_on_grant;
mc_bus_request_fn vault_on_secret_status, vault_on_set_secret, vault_on_reveal_secret;

static inline bool
vault_is_sealed(const vault_t *self)
{
    return !self->ring;
}

/* Keeps why the vault is sealed. */
void vault_set_reason(vault_t *self, const char *format, ...) MC_PRINTF(2, 3);

/* Fills the refusal of everything that needs an open vault. */
void vault_refuse_sealed(const vault_t *self, mc_refusal_t *refusal);
/* The refusal of what may only happen when it is written down. */
void vault_refuse_unwritable(const vault_t *self, mc_refusal_t *refusal);

/* Records in the audit chain and in aop_audit_log; done may be NULL. */
typedef struct {
    mc_text_t actor;
    const char *action;
    mc_text_t target;
    const char *outcome;
    mc_text_t details;
} vault_act_t;
void vault_record(vault_t *self, const vault_act_t *act, vault_audit_done_fn *done, void *arg);

/* Tells the others: whether it is open; a secret that changed. */
void vault_publish_state(vault_t *self);
void vault_publish_secret(vault_t *self, mc_text_t name);

/* The state as a record; its texts are lent from the vault. */
void vault_describe(const vault_t *self, mc_vault_state_t *ret_state);
/* A secret without its value; name is lent. */
void vault_describe_secret(const vault_t *self, mc_text_t name, mc_secret_state_t *ret_state);

#endif
