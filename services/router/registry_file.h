/*
 *  registry_file - aop_models.json on disk, and the last text of it that was good
 *
 *  A file that cannot be read or used changes nothing: the text before it stays
 *  in force, and error says why. Where there never was one, the models that come
 *  with the product are.
 */
#ifndef ROUTER_REGISTRY_FILE_H
#define ROUTER_REGISTRY_FILE_H

#include "services/router/registry.h"

typedef struct router_registry_file router_registry_file_t;

/* must_exist: somebody named the file, so that it is missed where it is not there. */
router_registry_file_t *router_registry_file_new(const char *path, bool must_exist);
void router_registry_file_destroy(router_registry_file_t **address);

/* True when the file is another one than when it was read last. Cheap: asks for its times. */
bool router_registry_file_is_changed(const router_registry_file_t *self);

typedef struct {
    const router_provider_t *rows; /* of aop_providers */
    size_t row_count;
    bool are_rows_known;
    router_health_t *health;
    mc_json_parser_t *parser;
} router_registry_parts_t;

/* Reads the file and makes the next snapshot, never NULL: of the file, else of the last text that
 * was good. The caller holds it. */
router_registry_t *router_registry_file_load(router_registry_file_t *self,
                                             const router_registry_parts_t *parts);

const char *router_registry_file_path(const router_registry_file_t *self);
/* The text in force is that of the file, or was once. */
bool router_registry_file_is_loaded(const router_registry_file_t *self);
/* Why the file is not in force, or NULL when it is, or when there is none and none was named. */
const char *router_registry_file_error(const router_registry_file_t *self);

#endif
