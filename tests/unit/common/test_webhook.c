/*
 *  test_webhook - addresses, keys and signatures of webhooks
 */
#include <criterion/criterion.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/webhook/parts.h"

static char folder[] = "build/test-webhook-XXXXXX";
static char path[64];

static void
open_folder(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
}

static void
close_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void
write_key(const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

Test(webhook, signs_as_the_standard_does, .init = open_folder, .fini = close_folder)
{
    mc_webhook_key_t key;
    char signature[MC_WEBHOOK_SIGNATURE_BYTES];
    write_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    cr_assert_eq(mc_webhook_key_open(path, false, &key), 0, "%s", mc_error());
    mc_webhook_sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                    MC_TEXT("{\"test\": 2432232314}"), signature);
    cr_expect_str_eq(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    mc_webhook_key_close(&key);
}

Test(webhook, a_key_is_made_once_for_its_owner_alone, .init = open_folder, .fini = close_folder)
{
    mc_webhook_key_t first, second;
    struct stat status;
    cr_assert_eq(mc_webhook_key_open(path, false, &first), -1);
    cr_assert_eq(mc_webhook_key_open(path, true, &first), 0, "%s", mc_error());
    cr_assert_eq(mc_webhook_key_open(path, true, &second), 0, "%s", mc_error());
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
    cr_assert_eq(first.size, 32);
    cr_assert_eq(second.size, 32);
    cr_expect_arr_eq(first.bytes, second.bytes, 32);
    mc_webhook_key_close(&first);
    mc_webhook_key_close(&second);
}

Test(webhook, what_is_no_key_is_refused, .init = open_folder, .fini = close_folder)
{
    static const char *const rows[] = {
        "",
        "whsec_",
        "whsec_not base64",
        "whsec_c2hvcnQ=",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw and more",
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        mc_webhook_key_t key;
        write_key(rows[i]);
        cr_expect_eq(mc_webhook_key_open(path, true, &key), -1, "%s", rows[i]);
    }
}

Test(webhook, addresses_are_listed_with_commas_or_spaces)
{
    const char *list = " http://a/x,https://b/y ,\n http://c ";
    static const char *const urls[] = {"http://a/x", "https://b/y", "http://c"};
    mc_text_t url;
    for (size_t i = 0; i < MC_COUNT(urls); i++) {
        cr_assert(mc_webhook_next_url(&list, &url));
        cr_expect(mc_text_is(url, urls[i]));
    }
    cr_expect_not(mc_webhook_next_url(&list, &url));
}

Test(webhook, of_an_address_its_server_is_shown_and_no_path)
{
    static const struct {
        const char *url;
        const char *head;
        const char *reason;
    } rows[] = {
        {"https://hooks.example.com/T01/secret", "https://hooks.example.com#", NULL},
        {"http://127.0.0.1:8080/x?token=y", "http://127.0.0.1:8080#", NULL},
        {"http://[::1]:99/", "http://[::1]:99#", NULL},
        {"ftp://example.com/", NULL, "address 7 of AOP_WEBHOOK_URLS is neither http nor https"},
        {"file:///etc/passwd", NULL, "address 7 of AOP_WEBHOOK_URLS is neither http nor https"},
        {"example.com/hook", NULL, "address 7 of AOP_WEBHOOK_URLS is no URL"},
        {"https://u:p@example.com/", NULL, "address 7 of AOP_WEBHOOK_URLS has a user in it"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        char *target = mc_webhook_target(mc_text(rows[i].url), 7);
        if (rows[i].head) {
            cr_assert(target, "%s", mc_error());
            cr_expect_eq(strncmp(target, rows[i].head, strlen(rows[i].head)), 0, "%s", target);
            cr_expect_eq(strlen(target), strlen(rows[i].head) + 12, "%s", target);
        } else {
            cr_expect_null(target);
            cr_expect_eq(strncmp(mc_error(), rows[i].reason, strlen(rows[i].reason)), 0, "%s",
                         mc_error());
        }
        free(target);
    }
}
