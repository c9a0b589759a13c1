/*
 *  env_check - settings that are each right but cannot be so together, and names that are none
 */
#ifndef MISSIONCTL_ENV_CHECK_H
#define MISSIONCTL_ENV_CHECK_H

#include "common/settings.h"

/* Refuses two services on one port, an address that is none, and unknown words. */
MC_CHECKED int missionctl_env_check(const mc_settings_t *settings);

/* Calls unknown for each name in the .env text that looks like a setting of ours and is none.
 * nearest is the setting that was probably meant, or NULL. */
typedef void missionctl_env_unknown_fn(void *arg, int line, const char *name, const char *nearest);
MC_CHECKED int missionctl_env_check_names(mc_text_t text, missionctl_env_unknown_fn *unknown,
                                          void *arg);

#endif
