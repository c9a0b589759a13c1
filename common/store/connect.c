/*
 *  connect - how a connection is begun: the connection string, the password, the bounds
 */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/service.h"

#define PASSWORD_BYTES_MAX 1024

/* The first line of the file. */
static int
read_password(const char *path, char ret_password[PASSWORD_BYTES_MAX])
{
    FILE *file = fopen(path, "re");
    if (!file)
        return mc_fail_errno("reading the password file %s", path);
    char *line = fgets(ret_password, PASSWORD_BYTES_MAX, file);
    fclose(file);
    if (!line)
        return mc_fail("the password file %s is empty", path);
    line[strcspn(line, "\r\n")] = '\0';
    return 0;
}

/* Compiling a large statement takes seconds: it is left out where statements must be short. */
#define COMPILED_MS_LEAST 5000

/* The connection string wins over what stands before it, the password file over all. */
static PGconn *
start(mc_store_t *store, const char *url, const char *password)
{
    char options[64] = "";
    int timeout_ms = mc_store_statement_timeout_ms(store);
    if (timeout_ms > 0)
        snprintf(options, sizeof options, "-c statement_timeout=%d%s", timeout_ms,
                 timeout_ms < COMPILED_MS_LEAST ? " -c jit=off" : "");
    const char *const names[] = {"application_name",
                                 "client_encoding",
                                 "gssencmode",
                                 "tcp_user_timeout",
                                 "options",
                                 "dbname",
                                 password ? "password" : NULL,
                                 NULL};
    const char *const values[] = {
        mc_store_application(store), "UTF8", "disable", "20000", options, url, password, NULL};
    return PQconnectStartParams(names, values, 1);
}

PGconn *
mc_link_start_connection(mc_store_t *store)
{
    const mc_settings_t *settings = mc_service_settings(mc_store_service(store));
    const char *path = settings->database_password_file;
    char password[PASSWORD_BYTES_MAX];
    bool has_password = path && path[0];
    if (has_password && read_password(path, password) == -1)
        return NULL;
    char *url = mc_settings_database_url(settings);
    PGconn *connection = start(store, url, has_password ? password : NULL);
    free(url);
    explicit_bzero(password, sizeof password);
    if (!connection)
        mc_fatal("libpq has no memory");
    if (PQstatus(connection) != CONNECTION_BAD)
        return connection;
    mc_fail("%s", PQerrorMessage(connection));
    PQfinish(connection);
    return NULL;
}
