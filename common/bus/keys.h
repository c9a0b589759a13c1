/*
 *  keys - the CURVE keys of the bus, and who may connect
 *
 *      DIR/<service>.key          its public key        DIR/allowed/<service>.key
 *      DIR/<service>.key_secret   its secret key, 0600  the public keys that may connect
 *
 *  Connecting, a service expects the public key of the other in allowed/.
 *  Accepting, zauth looks the key of the other up there, at each handshake. It
 *  reads the folder again for a key that it does not know, but only when the
 *  newest second, the count or the bytes of the files are others than before,
 *  and never forgets a key; so we look too, and make it read.
 */
#ifndef MC_COMMON_BUS_KEYS_H
#define MC_COMMON_BUS_KEYS_H

#include <czmq.h>

#include "common/settings.h"

#define MC_BUS_KEYS_NONE "insecure" /* AOP_BUS_KEY_DIR: tcp in the clear */

typedef struct mc_bus_keys mc_bus_keys_t;

/* Loads this service's key and starts to check those of others. NULL on failure. */
mc_bus_keys_t *mc_bus_keys_new(const char *dir, const char *service);
void mc_bus_keys_destroy(mc_bus_keys_t **address);

/* Before bind: only allowed keys get in. 0, or -1 with the reason. */
MC_CHECKED int mc_bus_keys_guard(const mc_bus_keys_t *self, zsock_t *socket);

/* Makes what has changed in the folder of allowed keys hold for the handshakes from now on. */
void mc_bus_keys_refresh(mc_bus_keys_t *self);

/* Before connect: nobody but that service is on the other side. 0, or -1 with the reason. */
MC_CHECKED int mc_bus_keys_expect(const mc_bus_keys_t *self, zsock_t *socket, const char *service);

#endif
