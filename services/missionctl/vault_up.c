/*
 *  vault_up - how the vault is, in one line of up
 */
#include "vault_up.h"

#include <stdio.h>
#include <unistd.h>

#include "common/error.h"
#include "secrets.h"
#include "vault_socket.h"

#define LINE_BYTES_MAX 8192

static void
say_open(const missionctl_place_t *place, missionctl_say_fn *say, mc_text_t opened_by)
{
    char line[LINE_BYTES_MAX];
    missionctl_path_t key = missionctl_place_var(place, "vault/key");
    missionctl_path_t recovery = missionctl_place_var(place, "vault/recovery-key");
    bool is_ours =
        mc_text_is(opened_by, "key file") && !strcmp(place->settings->vault_key_file, "auto");
    if (!is_ours)
        snprintf(line, sizeof line, "open, by its %.*s", MC_FMT(opened_by));
    else if (access(recovery.text, F_OK) == 0)
        snprintf(line, sizeof line,
                 "open, by the key file %s (mode 0600); its recovery key is in %s: keep that "
                 "elsewhere and delete it there",
                 key.text, recovery.text);
    else
        snprintf(line, sizeof line, "open, by the key file %s (mode 0600)", key.text);
    say("vault", line);
}

static void
say_env(missionctl_say_fn *say)
{
    char names[512];
    char line[LINE_BYTES_MAX];
    if (missionctl_secrets_in_env(names, sizeof names) == 0)
        return;
    snprintf(
        line, sizeof line,
        "%s in %s: missionctl secrets import-env takes it into the vault; then remove it there",
        names, mc_settings_env_file());
    say("secrets", line);
}

void
missionctl_vault_say(const missionctl_place_t *place, missionctl_say_fn *say)
{
    missionctl_vault_answer_t answer;
    mc_vault_order_t order = {0};
    char line[LINE_BYTES_MAX];
    mc_set(&order, vault_order, verb, MC_TEXT("status"));
    if (missionctl_vault_ask(place, &order, &answer) == -1)
        return;
    if (answer.report.is_sealed) {
        snprintf(line, sizeof line, "sealed: %.*s", MC_FMT(answer.report.reason));
        say("vault", line);
    } else {
        say_open(place, say, answer.report.opened_by);
    }
    missionctl_vault_answer_clear(&answer);
    say_env(say);
}
