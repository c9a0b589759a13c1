/*
 *  vault - making, opening, sealing and checking the vault of this machine
 */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "common/error.h"
#include "proto/codec.h"
#include "secret_input.h"
#include "vault_socket.h"

#define KEY_FILE_BYTES 32

static const missionctl_option_t init_options[] = {
    {"key-file", 0, "FILE", "A key file opens it too; made with mode 0600 where there is none"},
    {"without-passphrase", 0, NULL, "The key file alone opens it"},
    {0},
};

static const missionctl_option_t unseal_options[] = {
    {"key-file", 0, "FILE", "The key file, where one is needed"},
    {"recovery", 0, NULL, "Ask for the recovery key instead"},
    {"accept-generation", 0, "N", "Take this older generation of the store on purpose"},
    {0},
};

static const missionctl_option_t rekey_options[] = {
    {"key-file", 0, "FILE", "The key file in force, where one is needed"},
    {"recovery", 0, NULL, "Ask for the recovery key instead of what is in force"},
    {"new-key-file", 0, "FILE", "From now on this key file opens it too"},
    {"without-passphrase", 0, NULL, "From now on the key file alone opens it"},
    {0},
};

/* Everything that an order may need, until it has been sent. */
typedef struct {
    const missionctl_args_t *args;
    missionctl_place_t *place;
    mc_vault_order_t order;
    missionctl_secret_t given;
    missionctl_secret_t next;
    char key_file[PATH_MAX];
    char next_key_file[PATH_MAX];
} ask_t;

static void
print_line(const char *what, mc_text_t text)
{
    printf("  %-12s %.*s\n", what, MC_FMT(text));
}

static void
print_report(const mc_vault_report_t *report)
{
    const char *state = !report->is_initialised ? "not made yet"
                        : report->is_sealed     ? "sealed"
                                                : "open";
    print_line("vault", mc_text(state));
    if (report->reason.size)
        print_line("reason", report->reason);
    if (report->opened_by.size)
        print_line("opened by", report->opened_by);
    printf("  %-12s %lld, generation %lld, keyring %lld\n", "secrets",
           (long long)report->secret_count, (long long)report->generation,
           (long long)report->keyring);
    if (mc_has(report, vault_report, audit_records))
        printf("  %-12s %lld records\n", "audit", (long long)report->audit_records);
    if (report->audit_problem.size)
        print_line("audit", report->audit_problem);
    if (!report->is_memory_locked)
        print_line("memory", MC_TEXT("not locked: raise RLIMIT_MEMLOCK"));
    if (report->note.size)
        print_line("done", report->note);
    if (report->recovery_key.size)
        printf("\nRecovery key  %.*s\n"
               "              It opens the vault when all else is lost. Write it down: it is not "
               "shown again.\n",
               MC_FMT(report->recovery_key));
}

/* A field that is never printed by itself is put at the end. */
static void
print_json(const mc_vault_report_t *report)
{
    mc_buffer_t json = {0};
    (void)mc_buffer_room(&json, 8192);
    mc_write_json(&mc_vault_report_shape, report, &json);
    if (report->recovery_key.size) {
        json.size--;
        mc_buffer_string(&json, ",\"recoveryKey\":");
        mc_write_json_text(&json, report->recovery_key);
        mc_buffer_byte(&json, '}');
    }
    printf("%.*s\n", MC_FMT(mc_buffer_content(&json)));
    missionctl_secret_wipe(&json);
}

static int
begin(ask_t *self, const missionctl_args_t *args, const char *verb)
{
    *self = (ask_t){.args = args};
    mc_set(&self->order, vault_order, verb, mc_text(verb));
    if (missionctl_secret_begin() == -1)
        return -1;
    self->place = missionctl_place_new();
    return self->place ? missionctl_place_enter(self->place) : -1;
}

static void
end(ask_t *self)
{
    missionctl_secret_clear(&self->given);
    missionctl_secret_clear(&self->next);
    missionctl_place_destroy(&self->place);
}

/* Sends the order, prints what came, and ends. */
static int
finish(ask_t *self, int result)
{
    missionctl_vault_answer_t answer;
    if (result == 0)
        result = missionctl_vault_ask(self->place, &self->order, &answer);
    if (result == 0) {
        if (missionctl_args_has(self->args, "json"))
            print_json(&answer.report);
        else
            print_report(&answer.report);
        missionctl_vault_answer_clear(&answer);
    }
    end(self);
    return result;
}

static int
simple(const missionctl_args_t *args, const char *verb)
{
    ask_t self;
    return finish(&self, begin(&self, args, verb));
}

/* The vault looks at the path from its own folder. */
static int
make_absolute(const char *path, char ret_path[PATH_MAX])
{
    return realpath(path, ret_path) ? 0 : mc_fail_errno("finding the key file %s", path);
}

static int
require_key_file(const char *path, char ret_path[PATH_MAX])
{
    unsigned char key[KEY_FILE_BYTES];
    if (access(path, F_OK) == 0)
        return make_absolute(path, ret_path);
    randombytes_buf(key, sizeof key);
    int result = missionctl_file_write(path, 0600, (mc_text_t){(const char *)key, sizeof key});
    sodium_memzero(key, sizeof key);
    return result == 0 ? make_absolute(path, ret_path) : -1;
}

/* What opens it from now on: a passphrase, unless the key file does it alone. */
static int
ask_next(ask_t *self, const char *option)
{
    const char *file = missionctl_args_value(self->args, option);
    bool is_alone = missionctl_args_has(self->args, "without-passphrase");
    if (is_alone && !file)
        return mc_fail("--without-passphrase needs --%s", option);
    if (file && require_key_file(file, self->next_key_file) == -1)
        return -1;
    if (file)
        mc_set(&self->order, vault_order, next_key_file, mc_text(self->next_key_file));
    if (is_alone)
        return 0;
    if (missionctl_secret_read_new("New passphrase of the vault", &self->next) == -1)
        return -1;
    mc_set(&self->order, vault_order, next_passphrase, missionctl_secret_text(&self->next));
    return 0;
}

/* The key file of the option, else of the settings. */
static int
find_key_file(ask_t *self)
{
    const char *file = missionctl_args_value(self->args, "key-file");
    const char *setting = self->place->settings->vault_key_file;
    missionctl_path_t ours = missionctl_place_var(self->place, "vault/key");
    if (!file)
        file = strcmp(setting, "auto") && strcmp(setting, "none") ? setting : ours.text;
    if (make_absolute(file, self->key_file) == -1)
        return -1;
    mc_set(&self->order, vault_order, key_file, mc_text(self->key_file));
    return 0;
}

static int
ask_passphrase(ask_t *self)
{
    if (missionctl_secret_read("Passphrase of the vault", &self->given) == -1)
        return -1;
    mc_set(&self->order, vault_order, passphrase, missionctl_secret_text(&self->given));
    return 0;
}

/* What opens it now, as the vault says that it needs. */
static int
ask_given(ask_t *self)
{
    mc_vault_order_t status = {0};
    missionctl_vault_answer_t answer;
    if (missionctl_args_has(self->args, "recovery")) {
        if (missionctl_secret_read("Recovery key", &self->given) == -1)
            return -1;
        mc_set(&self->order, vault_order, recovery_key, missionctl_secret_text(&self->given));
        return 0;
    }
    mc_set(&status, vault_order, verb, MC_TEXT("status"));
    if (missionctl_vault_ask(self->place, &status, &answer) == -1)
        return -1;
    mc_text_t needs = answer.report.opened_by;
    bool needs_file = memmem(needs.data, needs.size, "key file", 8) != NULL;
    bool needs_words = memmem(needs.data, needs.size, "passphrase", 10) != NULL;
    missionctl_vault_answer_clear(&answer);
    if (needs_file && find_key_file(self) == -1)
        return -1;
    return needs_words ? ask_passphrase(self) : 0;
}

static int
vault_status(const missionctl_args_t *args)
{
    return simple(args, "status");
}

static int
vault_init(const missionctl_args_t *args)
{
    ask_t self;
    int result = begin(&self, args, "init");
    return finish(&self, result == 0 ? ask_next(&self, "key-file") : -1);
}

static int
vault_unseal(const missionctl_args_t *args)
{
    ask_t self;
    int64_t accept = 0;
    if (missionctl_args_number(args, "accept-generation", (int64_t[]){1, MC_JSON_INTEGER_MAX},
                               &accept) == -1)
        return missionctl_wrong_use(args);
    int result = begin(&self, args, "unseal");
    if (accept)
        mc_set(&self.order, vault_order, accept_generation, accept);
    return finish(&self, result == 0 ? ask_given(&self) : -1);
}

static int
vault_rekey(const missionctl_args_t *args)
{
    ask_t self;
    int result = begin(&self, args, "rekey");
    if (result == 0)
        result = ask_given(&self);
    return finish(&self, result == 0 ? ask_next(&self, "new-key-file") : -1);
}

static int
vault_seal(const missionctl_args_t *args)
{
    return simple(args, "seal");
}

static int
vault_rotate(const missionctl_args_t *args)
{
    return simple(args, "rotate");
}

static int
vault_verify(const missionctl_args_t *args)
{
    return simple(args, "verify");
}

static int
vault_audit(const missionctl_args_t *args)
{
    bool is_verify = !strcmp(args->words[0], "verify");
    if (is_verify || !strcmp(args->words[0], "restart"))
        return simple(args, is_verify ? "audit verify" : "audit restart");
    mc_fail("\"%s\" is not verify or restart", args->words[0]);
    return missionctl_wrong_use(args);
}

static int
vault_export(const missionctl_args_t *args)
{
    ask_t self;
    missionctl_vault_answer_t answer;
    int result = begin(&self, args, "export");
    if (result == 0)
        result = missionctl_vault_ask(self.place, &self.order, &answer);
    if (result == 0) {
        result = missionctl_file_write(args->words[0], 0600, answer.report.snapshot);
        if (result == 0)
            printf(missionctl_args_has(args, "json") ? "{\"file\":\"%s\"}\n"
                                                     : "%s has the store, as ciphertext\n",
                   args->words[0]);
        missionctl_vault_answer_clear(&answer);
    }
    end(&self);
    return result;
}

static int
vault_import(const missionctl_args_t *args)
{
    ask_t self;
    mc_buffer_t snapshot = {0};
    int result = begin(&self, args, "import");
    if (result == 0)
        result = missionctl_file_read(args->words[0], MISSIONCTL_VAULT_ANSWER_BYTES_MAX, &snapshot);
    if (result == 0)
        mc_set(&self.order, vault_order, snapshot, mc_buffer_content(&snapshot));
    result = finish(&self, result);
    mc_buffer_clear(&snapshot);
    return result;
}

#define ONE_WORD(word) .words = (word), .words_least = 1, .words_most = 1

const missionctl_command_t missionctl_vault_commands[] = {
    {.name = "vault status", .call = vault_status, .doc = "Whether the vault is open, and why not"},
    {.name = "vault init",
     .options = init_options,
     .call = vault_init,
     .doc = "Make the vault: keys, an empty store, a recovery key"},
    {.name = "vault unseal",
     .options = unseal_options,
     .call = vault_unseal,
     .doc = "Open it; the passphrase is asked for, or read from standard input"},
    {.name = "vault seal", .call = vault_seal, .doc = "Wipe its keys at once; leases end"},
    {.name = "vault passphrase",
     .options = rekey_options,
     .call = vault_rekey,
     .doc = "Change what opens it; makes a new recovery key too"},
    {.name = "vault rotate", .call = vault_rotate, .doc = "Put all secrets under new keys"},
    {.name = "vault verify",
     .call = vault_verify,
     .doc = "Open every secret and read the audit chain once"},
    {.name = "vault audit",
     ONE_WORD("verify|restart"),
     .call = vault_audit,
     .doc = "Check the audit chain, or begin another log behind it"},
    {.name = "vault export",
     ONE_WORD("FILE"),
     .call = vault_export,
     .doc = "Write the store to a file, ciphertext only"},
    {.name = "vault import",
     ONE_WORD("FILE"),
     .call = vault_import,
     .doc = "Put such a file in the place of the store; the vault must be sealed"},
    {0},
};
