/*
 *  endpoint - where a service is on the bus: ipc sockets in a folder, or tcp
 */
#ifndef MC_COMMON_BUS_ENDPOINT_H
#define MC_COMMON_BUS_ENDPOINT_H

#include "common/settings.h"

#define MC_BUS_SERVICE_BYTES 32
#define MC_BUS_HOST_BYTES 256

typedef struct {
    char service[MC_BUS_SERVICE_BYTES];
    char variable[64]; /* the setting it comes from */
    bool is_tcp;
    char host[MC_BUS_HOST_BYTES]; /* tcp: name or number, without brackets */
    int port;                     /* tcp: of requests; topics have the next one */
} mc_bus_endpoint_t;

/* The endpoint of a service as the settings have it: 0, or -1 with the reason. */
MC_CHECKED int mc_bus_endpoint_read(const mc_settings_t *settings, const char *service,
                                    mc_bus_endpoint_t *ret_endpoint);

/* The name of the n-th service with an endpoint among the settings; false behind the last. */
bool mc_bus_endpoint_service(size_t index, char ret_service[MC_BUS_SERVICE_BYTES]);

/* Is the host a number, not a name? */
bool mc_bus_is_numeric(const char *host);

/* The folder of ipc sockets. Each service holds a lock file there, so that no two processes take
 * the same name. */
typedef struct {
    char *path; /* short enough for a socket's name: the folder, or a link to it */
    int lock;   /* -1: nothing bound there */
} mc_bus_dir_t;

/* Makes the folder. 0, or -1 with the reason; clear it in both cases. */
MC_CHECKED int mc_bus_dir_init(mc_bus_dir_t *self, const mc_settings_t *settings);
void mc_bus_dir_clear(mc_bus_dir_t *self);

/* Takes the name of this service and instance for this process: 0, or -1 with the reason. */
MC_CHECKED int mc_bus_dir_lock(mc_bus_dir_t *self, const char *service, const char *instance);

#endif
