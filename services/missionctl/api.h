/*
 *  api - the gateway, asked over HTTP
 *
 *  Where: --url, else MC_URL, else this machine's gateway by the settings. Who:
 *  --key, else AOP_API_KEY, else, on this machine, the file var/local-token,
 *  which whoever may read it is an administrator by.
 */
#ifndef MISSIONCTL_API_H
#define MISSIONCTL_API_H

#include "args.h"
#include "common/json.h"
#include "place.h"
#include "proto/buffer.h"

#define MISSIONCTL_API_TIMEOUT_MS 30000

typedef struct {
    missionctl_path_t base; /* http://127.0.0.1:8080 */
    char credential[1024];  /* a header, or empty; never printed */
    mc_json_parser_t *parser;
    mc_buffer_t answer;
} missionctl_api_t;

/* Finds where and who. NULL on failure. */
missionctl_api_t *missionctl_api_new(const missionctl_args_t *args);
void missionctl_api_destroy(missionctl_api_t **address);

/* Asks; *ret_root is what the JSON of the answer holds, lent until the next call. An answer
 * without content leaves it alone. Refusals of the gateway fail with its message. */
MC_CHECKED int missionctl_api_call(missionctl_api_t *self, const char *method, const char *path,
                                   mc_text_t body, mc_json_t *ret_root);

/* GET with the fields of a record as query parameters. */
MC_CHECKED int missionctl_api_get(missionctl_api_t *self, const char *path, const mc_shape_t *shape,
                                  const void *record, mc_json_t *ret_root);

/* POST /api/v1/commands/<name> with the record as input. */
MC_CHECKED int missionctl_api_command(missionctl_api_t *self, uint16_t command, const void *input,
                                      mc_json_t *ret_root);

/* Appends ?name=value&... for the fields that are present. */
void missionctl_api_write_query(const mc_shape_t *shape, const void *record, mc_buffer_t *out);

/* The last answer as it came, and a newline. */
void missionctl_api_print(const missionctl_api_t *self);

/* The member "items" of an answer, or the answer itself where it is a list. */
MC_CHECKED int missionctl_api_items(mc_json_t root, mc_json_t *ret_items);

/* Percent-encodes all but letters, digits and -._~ */
void missionctl_percent_encode(mc_buffer_t *out, mc_text_t text);

#endif
