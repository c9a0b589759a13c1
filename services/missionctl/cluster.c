/*
 *  cluster - the private PostgreSQL under var/pg
 */
#include "cluster.h"

#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define VERSION_BYTES_MAX 64

bool
missionctl_cluster_is_private(const missionctl_place_t *place)
{
    return place->settings->database_url[0] == '\0';
}

/* The major version that made the data, "" when there is none yet. */
static void
read_version(const missionctl_cluster_t *self, char ret_version[VERSION_BYTES_MAX])
{
    missionctl_path_t path = missionctl_path("%s/data/PG_VERSION", self->folder.text);
    mc_buffer_t content = {0};
    ret_version[0] = '\0';
    if (!access(path.text, F_OK) &&
        missionctl_file_read(path.text, VERSION_BYTES_MAX - 1, &content) == 0)
        snprintf(ret_version, VERSION_BYTES_MAX, "%.*s", (int)strcspn(content.data, "\n"),
                 content.data);
    mc_buffer_clear(&content);
}

/* Debian keeps one folder per major version; others have the programs in the path of bin. */
static int
find_programs(missionctl_cluster_t *self)
{
    char version[VERSION_BYTES_MAX];
    read_version(self, version);
    missionctl_path_t pattern =
        missionctl_path("/usr/lib/postgresql/%s/bin/postgres", version[0] ? version : "*");
    glob_t found = {0};
    if (glob(pattern.text, 0, NULL, &found) == 0) {
        const char *last = found.gl_pathv[found.gl_pathc - 1];
        self->programs = missionctl_path("%.*s", (int)(strlen(last) - strlen("/postgres")), last);
    }
    globfree(&found);
    if (self->programs.text[0])
        return 0;
    if (version[0])
        return mc_fail("the data in %s/data was made by PostgreSQL %s, which is not installed: "
                       "install postgresql-%s",
                       self->folder.text, version, version);
    return mc_fail("PostgreSQL is not installed: run deploy/install-packages run, or set "
                   "AOP_DATABASE_URL to a database");
}

/* Root's cluster belongs to postgres, or to whoever had made it before root came. */
static const struct passwd *
find_owner(const missionctl_cluster_t *self)
{
    struct stat status;
    missionctl_path_t data = missionctl_path("%s/data", self->folder.text);
    if (geteuid() != 0)
        return getpwuid(geteuid());
    bool has_owner = stat(data.text, &status) == 0 && status.st_uid != 0;
    return has_owner ? getpwuid(status.st_uid) : getpwnam("postgres");
}

static int
find_user(missionctl_cluster_t *self)
{
    const struct passwd *entry = find_owner(self);
    if (!entry)
        return geteuid() == 0 ? mc_fail("PostgreSQL does not run as root and there is no user "
                                        "postgres: run deploy/install-packages run")
                              : mc_fail("the user with the id %d has no name", (int)geteuid());
    self->user =
        (missionctl_user_t){.is_other = geteuid() == 0, .uid = entry->pw_uid, .gid = entry->pw_gid};
    snprintf(self->user.name, sizeof self->user.name, "%s", entry->pw_name);
    return 0;
}

/* A socket's name is short; the paths of some checkouts are not. */
static int
check_socket_path(const missionctl_cluster_t *self)
{
    missionctl_path_t path = missionctl_path("%s/run/.s.PGSQL.%d", self->folder.text, self->port);
    if (strlen(path.text) < MISSIONCTL_SOCKET_PATH_BYTES_MAX)
        return 0;
    return mc_fail("%s has more than %d bytes, which a socket's path may not: set AOP_VAR_DIR to "
                   "a shorter path",
                   path.text, MISSIONCTL_SOCKET_PATH_BYTES_MAX - 1);
}

int
missionctl_cluster_find(const missionctl_place_t *place, missionctl_cluster_t *ret_cluster)
{
    missionctl_cluster_t self = {
        .folder = missionctl_place_var(place, "pg"),
        .template = missionctl_path("%s/deploy/postgresql.conf", place->home.text),
        .port = (int)place->settings->postgres_port,
        .has_tcp = place->settings->postgres_port != 0,
    };
    if (!self.has_tcp)
        self.port = MISSIONCTL_POSTGRES_PORT;
    if (check_socket_path(&self) == -1 || missionctl_cluster_follow_link(&self) == -1 ||
        find_programs(&self) == -1 || find_user(&self) == -1)
        return -1;
    *ret_cluster = self;
    return 0;
}

static int
make_folder(const missionctl_cluster_t *self, const char *name)
{
    missionctl_path_t path = missionctl_path("%s/%s", self->folder.text, name);
    if (missionctl_make_folder(path.text, 0700) == -1)
        return -1;
    if (self->user.is_other && lchown(path.text, self->user.uid, self->user.gid) == -1)
        return mc_fail_errno("giving %s to %s", path.text, self->user.name);
    return 0;
}

/* What an interrupted initdb left is removed; the data appear in one step. Text is compared by
 * its bytes, which is what indexes are fastest with, and its letters are those of UTF-8. */
static int
init_data(const missionctl_cluster_t *self)
{
    missionctl_path_t next = missionctl_path("%s/data.new", self->folder.text);
    missionctl_path_t data = missionctl_path("%s/data", self->folder.text);
    missionctl_path_t tool = missionctl_path("%s/initdb", self->programs.text);
    const char *remove[] = {"/bin/rm", "-rf", next.text, NULL};
    const char *init[] = {tool.text,
                          "-D",
                          next.text,
                          "-U",
                          "postgres",
                          "-E",
                          "UTF8",
                          "--locale=C.UTF-8",
                          "--lc-collate=C",
                          "-A",
                          "peer",
                          "--no-instructions",
                          NULL};
    const missionctl_user_t ourselves = {0};
    mc_buffer_t output = {0};
    int result = missionctl_process_run(remove, &ourselves, &output);
    if (result == 0)
        result = make_folder(self, "data.new");
    if (result == 0)
        result = missionctl_process_run(init, &self->user, &output);
    if (result == 0 && rename(next.text, data.text) == -1)
        result = mc_fail_errno("naming %s", data.text);
    mc_buffer_clear(&output);
    return result == 0 ? 0 : mc_fail_while("making the PostgreSQL cluster");
}

int
missionctl_cluster_prepare(missionctl_cluster_t *self, bool *ret_is_new)
{
    if (missionctl_cluster_require_folder(self) == -1 || make_folder(self, "run") == -1)
        return -1;
    missionctl_path_t data = missionctl_path("%s/data/PG_VERSION", self->folder.text);
    bool is_new = access(data.text, F_OK) == -1;
    if (is_new && init_data(self) == -1)
        return -1;
    *ret_is_new = is_new;
    return missionctl_cluster_configure(self);
}

int
missionctl_cluster_exec(const missionctl_cluster_t *self)
{
    missionctl_path_t program = missionctl_path("%s/postgres", self->programs.text);
    missionctl_path_t data = missionctl_path("%s/data", self->folder.text);
    missionctl_path_t conf =
        missionctl_path("config_file=%s/conf/postgresql.conf", self->folder.text);
    if (missionctl_user_become(&self->user) == -1)
        return -1;
    prctl(PR_SET_PDEATHSIG, MISSIONCTL_POSTGRES_STOP); /* becoming another user had cleared it */
    if (chdir(data.text) == -1)
        return mc_fail_errno("entering %s", data.text);
    /* By its path: it looks for its own files beside the name that it was called by. */
    execl(program.text, program.text, "-D", data.text, "-c", conf.text, (char *)NULL);
    return mc_fail_errno("starting %s", program.text);
}
