/*
 *  secrets_login - an operator's own login, to show or overwrite a secret
 *
 *  Neither an API key nor the token of this machine can confirm: a person with a
 *  passphrase must. The login is ended when it is destroyed.
 */
#ifndef MISSIONCTL_SECRETS_LOGIN_H
#define MISSIONCTL_SECRETS_LOGIN_H

#include "args.h"
#include "common/json.h"
#include "proto/buffer.h"
#include "secret_input.h"

typedef struct missionctl_login missionctl_login_t;

/* Logs in at the gateway of the arguments, with --operator and --passphrase-file, else asking.
 * NULL on failure. */
missionctl_login_t *missionctl_login_new(const missionctl_args_t *args);
void missionctl_login_destroy(missionctl_login_t **address);

/* Confirms with the same passphrase; the token goes to ret_token. */
MC_CHECKED int missionctl_login_confirm(missionctl_login_t *self, mc_text_t provider,
                                        const char *operation, missionctl_secret_t *ret_token);

/* POST of a body in locked or wiped memory; *ret_root is lent until the next call. */
MC_CHECKED int missionctl_login_post(missionctl_login_t *self, const char *path, mc_text_t body,
                                     mc_json_t *ret_root);

#define MISSIONCTL_LOGIN_OPTIONS                                                                   \
    {"operator", 0, "NAME", "Who confirms (admin)"},                                               \
    {                                                                                              \
        "passphrase-file", 0, "FILE", "File with the operator's passphrase, instead of asking"     \
    }

#endif
