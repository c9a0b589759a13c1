/*
 *  cluster_setup - is the private PostgreSQL up, and the role and the database inside it
 */
#include "cluster.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "database.h"

#define PASSWORD_BYTES 24
#define POSTMASTER_FILE_BYTES_MAX 8192

missionctl_path_t
missionctl_cluster_admin_url(const missionctl_cluster_t *self)
{
    return missionctl_path("host='%s/run' port=%d user=postgres dbname=postgres", self->folder.text,
                           self->port);
}

bool
missionctl_cluster_is_up(const missionctl_cluster_t *self, pid_t postmaster)
{
    missionctl_path_t path = missionctl_path("%s/data/postmaster.pid", self->folder.text);
    mc_buffer_t content = {0};
    bool is_up = !access(path.text, R_OK) &&
                 missionctl_file_read(path.text, POSTMASTER_FILE_BYTES_MAX, &content) == 0 &&
                 atoi(content.data) == (int)postmaster && strstr(content.data, "\nready");
    mc_buffer_clear(&content);
    return is_up;
}

static int
make_if_missing(PGconn *admin, const char *question, const char *answer)
{
    PGresult *result = missionctl_database_ask(admin, question, 0, NULL);
    if (!result)
        return -1;
    bool is_there = PQntuples(result) > 0;
    PQclear(result);
    return is_there ? 0 : missionctl_database_do(admin, answer);
}

/* The password of the role, made at the first start with a port. */
static int
require_password(const missionctl_cluster_t *self, mc_buffer_t *password)
{
    missionctl_path_t path = missionctl_path("%s/password", self->folder.text);
    if (access(path.text, F_OK) == 0)
        return missionctl_file_read(path.text, 256, password);
    unsigned char bytes[PASSWORD_BYTES];
    char text[2 * PASSWORD_BYTES + 1];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    mc_buffer_string(password, text);
    mc_buffer_byte(password, '\0');
    return missionctl_file_write(path.text, 0600, mc_text(text));
}

static int
set_password(const missionctl_cluster_t *self, PGconn *admin)
{
    mc_buffer_t password = {0};
    mc_buffer_t sql = {0};
    int result = require_password(self, &password);
    if (result == 0) {
        char *hash = PQencryptPasswordConn(admin, password.data, "mission_control", NULL);
        char *literal = hash ? PQescapeLiteral(admin, hash, strlen(hash)) : NULL;
        mc_buffer_printf(&sql, "ALTER ROLE mission_control PASSWORD %s",
                         literal ? literal : "NULL");
        mc_buffer_byte(&sql, '\0');
        result = missionctl_database_do(admin, sql.data);
        PQfreemem(literal);
        PQfreemem(hash);
    }
    mc_buffer_clear(&sql);
    mc_buffer_clear(&password);
    return result;
}

static int
setup(const missionctl_cluster_t *self, PGconn *admin)
{
    if (make_if_missing(admin, "SELECT FROM pg_roles WHERE rolname = 'mission_control'",
                        "CREATE ROLE mission_control LOGIN") == -1)
        return -1;
    if (make_if_missing(admin, "SELECT FROM pg_database WHERE datname = 'mission_control'",
                        "CREATE DATABASE mission_control OWNER mission_control") == -1)
        return -1;
    return self->has_tcp ? set_password(self, admin) : 0;
}

int
missionctl_cluster_setup(const missionctl_cluster_t *self, int wait_s)
{
    missionctl_path_t url = missionctl_cluster_admin_url(self);
    PGconn *admin = missionctl_database_open(url.text, NULL, wait_s);
    if (!admin)
        return mc_fail_while("connecting to the private PostgreSQL");
    int result = setup(self, admin);
    PQfinish(admin);
    return result == 0 ? 0 : mc_fail_while("making the database");
}
