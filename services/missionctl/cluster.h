/*
 *  cluster - the private PostgreSQL under var/pg
 *
 *      var/pg/data   made by initdb, belongs to the user that PostgreSQL runs as
 *      var/pg/run    the socket; so does this
 *      var/pg/conf   written anew at each start, belongs to us
 *      var/pg/password  of the role, only where a TCP port is open
 *
 *  PostgreSQL refuses root, so there it runs as the user postgres. Only the
 *  user who started the stack may connect, known by its credentials on the
 *  socket.
 */
#ifndef MISSIONCTL_CLUSTER_H
#define MISSIONCTL_CLUSTER_H

#include <signal.h>

#include "place.h"
#include "process.h"

#define MISSIONCTL_POSTGRES_PORT 5432   /* only names the socket when no TCP port is set */
#define MISSIONCTL_POSTGRES_STOP SIGINT /* a fast shutdown: sessions are ended, all is written */

typedef struct {
    missionctl_path_t programs; /* folder of postgres and initdb */
    missionctl_path_t folder;
    missionctl_path_t template; /* deploy/postgresql.conf */
    missionctl_user_t user;
    int port;
    bool has_tcp;
} missionctl_cluster_t;

/* True when the settings name no other database. */
bool missionctl_cluster_is_private(const missionctl_place_t *place);

/* Finds the programs and the user. Fails with what to install or to set. */
MC_CHECKED int missionctl_cluster_find(const missionctl_place_t *place,
                                       missionctl_cluster_t *ret_cluster);

/* Makes what is not there yet, and the configuration. *ret_is_new: initdb was run. A new cluster
 * whose user may not enter var/pg is made elsewhere, and var/pg is a link to it. */
MC_CHECKED int missionctl_cluster_prepare(missionctl_cluster_t *self, bool *ret_is_new);
MC_CHECKED int missionctl_cluster_require_folder(missionctl_cluster_t *self);

/* The folder by its own name, where var/pg is a link. */
MC_CHECKED int missionctl_cluster_follow_link(missionctl_cluster_t *self);

/* Writes var/pg/conf. */
MC_CHECKED int missionctl_cluster_configure(const missionctl_cluster_t *self);

/* The connection string of its superuser. */
missionctl_path_t missionctl_cluster_admin_url(const missionctl_cluster_t *self);

/* In a child: becomes its user and the postmaster. Returns only on failure. */
int missionctl_cluster_exec(const missionctl_cluster_t *self);

/* True once the postmaster of that process takes connections, as it says in its own file: asking
 * it by connecting would fill its log while it starts. */
bool missionctl_cluster_is_up(const missionctl_cluster_t *self, pid_t postmaster);

/* Makes the role and the database, unless they are there, waiting for the postmaster if need be. */
MC_CHECKED int missionctl_cluster_setup(const missionctl_cluster_t *self, int wait_s);

#endif
