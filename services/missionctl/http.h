/*
 *  http - one HTTP request, waited for
 */
#ifndef MISSIONCTL_HTTP_H
#define MISSIONCTL_HTTP_H

#include "common/error.h"
#include "proto/buffer.h"

#define MISSIONCTL_ANSWER_BYTES_MAX ((size_t)64 << 20)

typedef struct {
    const char *method; /* NULL: GET */
    const char *url;
    const char *const *headers; /* "name: value", ends in NULL; may be NULL */
    mc_text_t body;             /* sent as JSON, unless a header says otherwise */
    int timeout_ms;
} missionctl_http_request_t;

/* 0 with the status and the body of the answer, or -1 when there was none. */
MC_CHECKED int missionctl_http(const missionctl_http_request_t *request, int *ret_status,
                               mc_buffer_t *answer);

/* True for a URL of this machine: what is secret here may be sent there, and no proxy is asked. */
bool missionctl_url_is_loopback(const char *url);

#endif
