/*
 *  cluster_conf - the configuration of the private PostgreSQL
 *
 *  deploy/postgresql.conf with what depends on the place behind it, and who may
 *  connect: over the socket the user who runs the stack, as the role of the
 *  services or as the superuser; over TCP, where a port is set, the role with
 *  its password.
 */
#include "cluster.h"

#include <pwd.h>
#include <unistd.h>

#include "common/error.h"

#define TEMPLATE_BYTES_MAX 65536

static int
write_conf(const missionctl_cluster_t *self, const char *name, const mc_buffer_t *content)
{
    missionctl_path_t path = missionctl_path("%s/conf/%s", self->folder.text, name);
    return missionctl_file_write(path.text, 0644, mc_buffer_content(content));
}

/* As postgresql.conf wants text: in single quotes, doubled inside. */
static void
append_setting(mc_buffer_t *out, const char *name, const char *value)
{
    mc_buffer_printf(out, "%s = '", name);
    for (; *value; value++) {
        if (*value == '\'')
            mc_buffer_byte(out, '\'');
        mc_buffer_byte(out, (uint8_t)*value);
    }
    mc_buffer_string(out, "'\n");
}

static int
write_main(const missionctl_cluster_t *self)
{
    missionctl_path_t sockets = missionctl_path("%s/run", self->folder.text);
    missionctl_path_t hba = missionctl_path("%s/conf/pg_hba.conf", self->folder.text);
    missionctl_path_t ident = missionctl_path("%s/conf/pg_ident.conf", self->folder.text);
    mc_buffer_t out = {0};
    int result = missionctl_file_read(self->template.text, TEMPLATE_BYTES_MAX, &out);
    if (result == 0) {
        mc_buffer_string(&out, "\n# Of this place; written anew at each start.\n");
        append_setting(&out, "unix_socket_directories", sockets.text);
        mc_buffer_printf(&out, "port = %d\n", self->port);
        append_setting(&out, "listen_addresses", self->has_tcp ? "127.0.0.1" : "");
        append_setting(&out, "hba_file", hba.text);
        append_setting(&out, "ident_file", ident.text);
        result = write_conf(self, "postgresql.conf", &out);
    }
    mc_buffer_clear(&out);
    return result;
}

static int
write_access(const missionctl_cluster_t *self)
{
    const struct passwd *entry = getpwuid(geteuid());
    mc_buffer_t out = {0};
    mc_buffer_string(&out, "local all all peer map=mission_control\n");
    if (self->has_tcp)
        mc_buffer_string(&out, "host all mission_control 127.0.0.1/32 scram-sha-256\n");
    int result = write_conf(self, "pg_hba.conf", &out);

    mc_buffer_reset(&out);
    mc_buffer_printf(&out, "mission_control \"%s\" postgres\n", self->user.name);
    if (entry) {
        mc_buffer_printf(&out, "mission_control \"%s\" postgres\n", entry->pw_name);
        mc_buffer_printf(&out, "mission_control \"%s\" mission_control\n", entry->pw_name);
    }
    if (result == 0)
        result = write_conf(self, "pg_ident.conf", &out);
    mc_buffer_clear(&out);
    return result;
}

int
missionctl_cluster_configure(const missionctl_cluster_t *self)
{
    missionctl_path_t folder = missionctl_path("%s/conf", self->folder.text);
    if (missionctl_make_folder(folder.text, 0755) == -1 || write_main(self) == -1 ||
        write_access(self) == -1)
        return mc_fail_while("configuring PostgreSQL");
    return 0;
}
