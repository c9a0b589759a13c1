/*
 *  client - what the files of the HTTP client know of one another
 *
 *  libcurl calls back from within its own functions; there only bytes are put
 *  aside. Pieces and ends are told from our own places, where a call may be
 *  started, held or ended.
 */
#ifndef MC_COMMON_CLIENT_INTERNAL_H
#define MC_COMMON_CLIENT_INTERNAL_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "common/http_client.h"

#define MC_HTTP_KEPT_HANDLES 64 /* of libcurl, each with some 10 KiB */

/* A handle of libcurl, and what it is set for: most calls are like the one before. */
typedef struct {
    CURL *curl;
    char *url;
    CURLU *parts; /* of it; NULL where it has none */
    long connect_ms;
    bool is_usual; /* a POST with a lent body whose answer is streamed, without limits of time */
    struct curl_slist *headers; /* nodes and their texts; pages that are locked and in no dump */
    size_t headers_room;
    size_t headers_bytes;
} mc_http_handle_t;

struct mc_http_call {
    LIST_ENTRY(mc_http_call) link;
    TAILQ_ENTRY(mc_http_call) piece_link; /* among those with a piece to hand over */
    mc_http_client_t *client;
    CURL *curl; /* of the handle; NULL where the call never began */
    mc_http_handle_t handle;
    mc_buffer_t answer;
    mc_http_piece_fn *piece;
    mc_http_done_fn *done;
    void *arg;
    bool is_too_many; /* never began */
    bool is_spoiled;  /* its handle is not used again */
    bool has_piece;   /* in the list of pieces */
    bool is_held;
    bool is_paused;    /* libcurl takes nothing from its connection */
    bool is_over;      /* libcurl is done with it; told once its last piece was handed over */
    bool is_told;      /* done was called */
    bool is_telling;   /* piece or done is being called */
    bool is_cancelled; /* by them */
    CURLcode code;
    char reason[CURL_ERROR_SIZE];
};

LIST_HEAD(mc_http_calls, mc_http_call);
TAILQ_HEAD(mc_http_pieces, mc_http_call);

struct mc_http_client {
    mc_service_t *service;
    CURLM *multi;
    int epoll_fd;
    uint32_t *wanted; /* by descriptor: what libcurl waits for */
    uint32_t *set;    /* ... and what the epoll set has, which may be more */
    size_t descriptors;
    int timer; /* -1 for none */
    int64_t timer_us;
    int64_t due_us; /* when libcurl wants to be called; INT64_MAX for never */
    struct mc_http_calls calls;
    struct mc_http_pieces pieces;
    size_t call_count;
    size_t calls_max;
    mc_http_handle_t kept[MC_HTTP_KEPT_HANDLES]; /* that wait to be used again */
    size_t kept_count;
    bool has_refused;
    bool is_turn_end_asked;
};

/* drive.c: opens and closes the multi handle, and hands over what it brings. */
void mc_http_drive_open(mc_http_client_t *self);
void mc_http_drive_close(mc_http_client_t *self);
/* Does at the end of the turn what is due. */
void mc_http_drive_later(mc_http_client_t *self);
/* The call has a piece, or its end, to be handed over. */
void mc_http_drive_piece(mc_http_call_t *call);

/* A socket of libcurl is closed: the epoll set has forgotten it. */
int mc_http_drive_close_socket(void *client, curl_socket_t fd);

/* setup.c */
void mc_http_handle_clear(mc_http_handle_t *self);
/* Headers may hold keys: they are gone once the call is. */
void mc_http_handle_wipe(mc_http_handle_t *self);
/* Everything that libcurl must know of a question. */
void mc_http_call_setup(mc_http_call_t *call, const mc_http_question_t *question);

/* http_client.c */
void mc_http_call_finish(mc_http_call_t *call);
void mc_http_call_forget(mc_http_call_t *call);
void mc_http_client_refuse_calls(mc_http_client_t *self);

#endif
