/*
 *  settings - what was set from outside, read once at start
 *
 *  The environment wins over the file .env (or AOP_ENV_FILE), which wins over
 *  the default of proto/settings.def. A value outside its bounds or of the
 *  wrong kind is a failure that names variable, value, bounds and file. An
 *  empty value counts as not set, unless the setting may be empty.
 */
#ifndef MC_COMMON_SETTINGS_H
#define MC_COMMON_SETTINGS_H

#include "proto/proto.h"

#define MC_SETTING_TEXT const char *
#define MC_SETTING_INT int64_t
#define MC_SETTING_BOOL bool
#define MC_SETTING_MEMBER(kind, name, variable, fallback, least, most, doc) MC_SETTING_##kind name;

typedef struct {
    MC_SETTINGS(MC_SETTING_MEMBER)
} mc_settings_t;

typedef enum { MC_SETTING_TEXT_KIND, MC_SETTING_INT_KIND, MC_SETTING_BOOL_KIND } mc_setting_kind_t;

typedef struct {
    const char *name;
    const char *variable;
    const char *fallback;
    int64_t least;
    int64_t most;
    size_t offset;
    mc_setting_kind_t kind;
    const char *doc;
} mc_setting_row_t;

extern const mc_setting_row_t mc_setting_rows[];
extern const size_t mc_setting_count;

/* Reads them all. The caller owns them; their texts live as long. NULL on failure. */
mc_settings_t *mc_settings_new(void);
void mc_settings_destroy(mc_settings_t **address);

/* The path of the .env file in use: AOP_ENV_FILE or ".env". */
const char *mc_settings_env_file(void);

/* The row of a member's offset: offsetof(mc_settings_t, gateway_port). */
const mc_setting_row_t *mc_setting_row(size_t offset);

/* Reads one value as settings are read and stores a copy: 0, or -1 with the reason. BOOL words are
 * 1, true, yes, on and 0, false, no, off in any case. */
MC_CHECKED int mc_setting_parse(const mc_setting_row_t *row, const char *value,
                                mc_settings_t *settings);

/* The flags among the settings, as the record that travels; every field present. */
void mc_settings_flags(const mc_settings_t *self, mc_runtime_flags_t *ret_flags);

/* The absolute path of a name under AOP_VAR_DIR. The caller frees it. */
char *mc_settings_path(const mc_settings_t *self, const char *name);

/* The libpq connection string in force: AOP_DATABASE_URL, or the private cluster's socket under
 * AOP_VAR_DIR. The password of AOP_DATABASE_PASSWORD_FILE is not in it. The caller frees it. */
char *mc_settings_database_url(const mc_settings_t *self);

#endif
