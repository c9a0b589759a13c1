/*
 *  catalog_parts - what the files of the catalog share
 */
#ifndef ROUTER_CATALOG_PARTS_H
#define ROUTER_CATALOG_PARTS_H

#include "common/ask.h"
#include "services/router/catalog.h"
#include "services/router/catalog_logs.def"
#include "services/router/registry_file.h"
#include "services/router/remembered.h"

#define ROUTER_CATALOG_LOG(event, level, doc) MC_LOG_DECLARE(router_catalog_log, event, level, doc)
ROUTER_CATALOG_LOGS(ROUTER_CATALOG_LOG)

#define ROUTER_HEALTH_BATCH 256 /* lanes in one statement */

struct router_catalog {
    router_catalog_parts_t parts;
    mc_bus_t *bus;
    mc_ask_desk_t desk; /* of the commands */
    mc_json_parser_t *parser;
    router_registry_file_t *file;
    bool is_closed;

    mc_arena_t *rows_arena;
    router_provider_t *rows; /* of aop_providers */
    size_t row_count;
    bool are_rows_known;
    bool is_reading_rows;
    bool must_read_rows; /* again, when that is done */

    char origin[MC_UUID_TEXT_SIZE]; /* of this router's outcomes */
    bool must_read_health;
    bool is_reading_health;
    bool is_writing_health;
    size_t written[ROUTER_HEALTH_BATCH];
    size_t written_count;

    router_remembered_t recent[ROUTER_RECENT_DECISIONS]; /* the oldest gives way */
    size_t recent_count;                                 /* ever */
};

/* Makes the next snapshot and puts it in force. */
void router_catalog_rebuild(router_catalog_t *self);
/* Reads the rows of providers and rebuilds. */
void router_catalog_read_rows(router_catalog_t *self);

/* health_share.c */
void router_health_share_start(router_catalog_t *self);
void router_health_share_tick(router_catalog_t *self);

/* catalog_ask.c: what mc_ask needs, once at the start. */
void router_catalog_open_desk(router_catalog_t *self);
/* Begins a command; NULL when it was refused at once. state is the service's. */
mc_ask_t *router_ask_new(void *state, mc_bus_request_t *request, mc_list_t records);

static inline router_catalog_t *
router_catalog_of_ask(const mc_ask_t *ask)
{
    return ask->desk->state;
}

/* A provider as it is shown. */
void router_provider_record(const router_catalog_t *self, const router_provider_t *provider,
                            mc_provider_t *ret_record);

#endif
