/*
 *  database - one connection to PostgreSQL, waited for
 */
#include "database.h"

#include <poll.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"

#define TRY_EVERY_MS 200
#define PASSWORD_BYTES_MAX 1024

/* libpq's messages are many lines long and end in a newline. */
static int
fail_first_line(const char *message)
{
    return mc_fail("%.*s", (int)strcspn(message, "\n"), message);
}

static PGconn *
connect_once(const char *url, const char *password)
{
    const char *names[] = {"dbname", "password", "application_name", "connect_timeout", NULL};
    const char *values[] = {url, password, "missionctl", "5", NULL};
    return PQconnectdbParams(names, values, 1);
}

/* Only a server that is not there yet, or still starting, is worth waiting for. */
static bool
may_come_up(const char *url, const char *password)
{
    const char *names[] = {"dbname", "password", "connect_timeout", NULL};
    const char *values[] = {url, password, "5", NULL};
    PGPing ping = PQpingParams(names, values, 1);
    return ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE;
}

PGconn *
missionctl_database_open(const char *url, const char *password, int wait_s)
{
    int64_t deadline_us = mc_clock_steady_us() + (int64_t)wait_s * 1000000;
    for (;;) {
        PGconn *connection = connect_once(url, password);
        if (PQstatus(connection) == CONNECTION_OK)
            return connection;
        fail_first_line(PQerrorMessage(connection));
        PQfinish(connection);
        if (mc_clock_steady_us() >= deadline_us || !may_come_up(url, password))
            return NULL;
        poll(NULL, 0, TRY_EVERY_MS);
    }
}

PGconn *
missionctl_database_open_settings(const missionctl_place_t *place, int wait_s)
{
    const char *path = place->settings->database_password_file;
    mc_buffer_t password = {0};
    PGconn *connection = NULL;
    if (!path[0] || missionctl_file_read(path, PASSWORD_BYTES_MAX, &password) == 0) {
        char *url = mc_settings_database_url(place->settings);
        if (password.data)
            password.data[strcspn(password.data, "\r\n")] = '\0';
        connection = missionctl_database_open(url, password.data, wait_s);
        free(url);
    }
    mc_buffer_clear(&password);
    if (!connection)
        mc_fail_while("connecting to the database");
    return connection;
}

int
missionctl_database_do(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool is_done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_done)
        fail_first_line(PQerrorMessage(connection));
    PQclear(result);
    return is_done ? 0 : -1;
}

PGresult *
missionctl_database_ask(PGconn *connection, const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    fail_first_line(PQerrorMessage(connection));
    PQclear(result);
    return NULL;
}
