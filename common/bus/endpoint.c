/*
 *  endpoint - where a service is on the bus
 */
#include "endpoint.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"

#define PREFIX "bus_"
#define TCP "tcp://"

bool
mc_bus_is_numeric(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void
replace(char *text, char old, char new)
{
    for (; *text; text++)
        if (*text == old)
            *text = new;
}

/* The setting bus_<service>, NULL when there is none. */
static const mc_setting_row_t *
find_row(const char *service)
{
    char name[MC_BUS_SERVICE_BYTES + sizeof PREFIX];
    snprintf(name, sizeof name, PREFIX "%s", service);
    replace(name, '-', '_');
    for (size_t i = 0; i < mc_setting_count; i++)
        if (!strcmp(mc_setting_rows[i].name, name))
            return &mc_setting_rows[i];
    return NULL;
}

/* Every setting bus_<service> but the folder of keys. */
bool
mc_bus_endpoint_service(size_t index, char ret_service[MC_BUS_SERVICE_BYTES])
{
    for (size_t i = 0; i < mc_setting_count; i++) {
        const char *name = mc_setting_rows[i].name;
        if (strncmp(name, PREFIX, sizeof PREFIX - 1) || !strcmp(name, "bus_key_dir"))
            continue;
        if (index-- == 0) {
            snprintf(ret_service, MC_BUS_SERVICE_BYTES, "%s", name + sizeof PREFIX - 1);
            replace(ret_service, '_', '-');
            return true;
        }
    }
    return false;
}

/* tcp://host:port or tcp://[v6]:port; the port must leave room for the next one. */
static int
read_tcp(const char *value, mc_bus_endpoint_t *endpoint)
{
    if (strncmp(value, TCP, sizeof TCP - 1))
        return -1;
    const char *host = value + sizeof TCP - 1;
    const char *colon = strrchr(host, ':');
    if (!colon || colon == host)
        return -1;
    size_t size = (size_t)(colon - host);
    if (host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    char *end = NULL;
    long port = strtol(colon + 1, &end, 10);
    if (size == 0 || size >= sizeof endpoint->host || *end || port < 1 || port > 65534)
        return -1;

    endpoint->is_tcp = true;
    endpoint->port = (int)port;
    memcpy(endpoint->host, host, size);
    endpoint->host[size] = '\0';
    return 0;
}

int
mc_bus_endpoint_read(const mc_settings_t *settings, const char *service,
                     mc_bus_endpoint_t *ret_endpoint)
{
    assert(strlen(service) < MC_BUS_SERVICE_BYTES);
    mc_bus_endpoint_t endpoint = {0};
    strcpy(endpoint.service, service);
    const mc_setting_row_t *row = find_row(service);
    const char *value = "";
    if (row) {
        value = *(const char *const *)((const char *)settings + row->offset);
        snprintf(endpoint.variable, sizeof endpoint.variable, "%s", row->variable);
    }
    if (value[0] && read_tcp(value, &endpoint) == -1)
        return mc_fail("%s is \"%s\", not tcp://host:port with a port between 1 and 65534",
                       row->variable, value);
    *ret_endpoint = endpoint;
    return 0;
}
