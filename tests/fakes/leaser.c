/*
 *  leaser - a router that does nothing but lease: for tests of the vault
 *
 *      leaser NAME [COUNT]
 *
 *  Asks COUNT times for the secret, one after the other, and prints a line of
 *  JSON for each answer: {"version", "sha256", "expiresAt"} or {"code",
 *  "message"}. It never prints the secret. Settings come as for a service; give
 *  it an AOP_INSTANCE of its own where a router runs.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bus.h"
#include "common/error.h"

typedef struct {
    mc_bus_t *bus;
    const char *name;
    long left;
    bool is_done;
} leaser_t;

static void on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal);

static void
ask(leaser_t *self)
{
    mc_secret_ask_t input = {0};
    mc_set(&input, secret_ask, name, mc_text(self->name));
    mc_set(&input, secret_ask, holder, MC_TEXT("leaser"));
    mc_bus_call(self->bus, "vault", MC_MESSAGE_LEASE_SECRET, mc_list_one(&input), 3000, on_answer,
                self);
}

static void
on_answer(void *arg, const mc_list_t *records, const mc_refusal_t *refusal)
{
    leaser_t *self = arg;
    if (refusal) {
        printf("{\"code\":\"%s\",\"message\":\"%s\"}\n",
               mc_error_row((mc_error_code_t)refusal->code)->name, refusal->message);
    } else {
        const mc_secret_lease_t *lease = records->items;
        unsigned char hash[crypto_hash_sha256_BYTES];
        char hex[2 * sizeof hash + 1];
        crypto_hash_sha256(hash, (const unsigned char *)lease->secret.data, lease->secret.size);
        sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
        printf("{\"version\":%lld,\"sha256\":\"%s\",\"expiresAt\":%lld}\n",
               (long long)lease->version, hex, (long long)lease->expires_at);
    }
    fflush(stdout);
    self->is_done = --self->left <= 0;
    if (!self->is_done)
        ask(self);
}

static int
on_tick(zloop_t *loop, int timer, void *arg)
{
    const leaser_t *self = arg;
    (void)loop;
    (void)timer;
    return self->is_done ? -1 : 0;
}

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    zsys_handler_set(NULL);
    mc_settings_t *settings = mc_settings_new();
    zloop_t *loop = zloop_new();
    leaser_t self = {.name = argv[1], .left = argc > 2 ? strtol(argv[2], NULL, 10) : 1};
    self.bus = settings ? mc_bus_new(loop, settings, "router", NULL) : NULL;
    if (!self.bus) {
        fprintf(stderr, "leaser: %s\n", mc_error());
        return 1;
    }
    ask(&self);
    zloop_timer(loop, 10, 0, on_tick, &self);
    zloop_start(loop);
    mc_bus_destroy(&self.bus);
    zloop_destroy(&loop);
    mc_settings_destroy(&settings);
    return 0;
}
