/*
 *  database - one connection to PostgreSQL, waited for: missionctl has nothing else to do
 */
#ifndef MISSIONCTL_DATABASE_H
#define MISSIONCTL_DATABASE_H

#include <libpq-fe.h>

#include "place.h"

/* Connects, trying again for wait_s seconds while nobody answers. url is a libpq string; password
 * NULL or what the server asks for. NULL on failure. The caller ends it with PQfinish. */
PGconn *missionctl_database_open(const char *url, const char *password, int wait_s);

/* The same for the database of the settings, with its password file. */
PGconn *missionctl_database_open_settings(const missionctl_place_t *place, int wait_s);

/* Runs SQL that returns nothing of interest: 0, or -1 with the server's message. */
MC_CHECKED int missionctl_database_do(PGconn *connection, const char *sql);

/* Asks with text parameters. NULL on failure; the caller ends it with PQclear. */
PGresult *missionctl_database_ask(PGconn *connection, const char *sql, int count,
                                  const char *const *values);

#endif
