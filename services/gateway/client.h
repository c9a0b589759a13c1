/*
 *  client - one open stream; see stream.h
 */
#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H

#include <sys/queue.h>

#include "feed.h"
#include "sessions.h"

typedef struct gateway_client {
    LIST_ENTRY(gateway_client) link;
    gateway_t *gateway;
    mc_http_stream_t *stream; /* NULL once it is closed */
    mc_arena_t *arena;        /* texts of query and sieve */
    mc_event_query_t query;
    gateway_sieve_t sieve;
    char token_hash[GATEWAY_TOKEN_SIZE]; /* of a login, or empty */
    char key_id[MC_API_KEY_ID_SIZE];     /* of an API key, or empty */

    bool is_behind;
    bool is_joining;     /* comes from behind, and has not yet said that it is live */
    uint64_t join_place; /* where the ring ended when it was joined */
    bool is_reading;     /* the store */
    bool is_stuck;       /* the store refused; tried again by the clock */
    bool is_waiting;     /* has nothing to send and waits to be woken */
    bool is_due;         /* a sign of life */
    int missed;          /* signs of life not taken */
    uint64_t place;      /* in the ring, while not behind */
    int64_t seen_id;     /* all events up to here were sent or are not wanted */

    mc_buffer_t pending; /* whole frames, not from the ring */
    size_t pending_at;
    mc_arena_t *page; /* of the store's page that is being read */
    mc_list_t events; /* of that page */
} gateway_client_t;

/* The stream's callbacks. */
ssize_t gateway_client_read(void *arg, char *room, size_t max);

/* The client goes on after its seen_id: from the ring if that has it, else from the store. */
void gateway_client_go_on(gateway_client_t *self);

/* A short frame of our own: "ready" or "live". */
void gateway_client_say(gateway_client_t *self, const char *event, int64_t last_id);

/* Asks the store for the next page (pages.c). */
void gateway_client_read_page(gateway_client_t *self);

/* Frees it, once it is closed and no answer of the store is to come. */
void gateway_client_free_when_done(gateway_client_t *self);

#endif
