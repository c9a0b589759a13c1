/*
 *  test_run_verdict - what the control stream says, read
 */
#include <criterion/criterion.h>

#include "common/error.h"
#include "services/missionctl/run_verdict.h"

static mc_json_parser_t *parser;

static void
set_up(void)
{
    parser = mc_json_parser_new();
}

static void
tear_down(void)
{
    mc_json_parser_destroy(&parser);
}

TestSuite(run_verdict, .init = set_up, .fini = tear_down);

static int
read_text(const char *text, missionctl_verdict_t *verdict)
{
    mc_json_t root;
    mc_refusal_t refusal = {0};
    cr_assert_eq(mc_json_parse(parser, mc_text(text), &root, &refusal), 0, "%s", refusal.message);
    return missionctl_verdict_read(root, "r", verdict);
}

Test(run_verdict, is_read_with_all_its_parts)
{
    missionctl_verdict_t verdict;
    int result = read_text("{\"runId\":\"r\",\"epoch\":7,\"receiptId\":\"x\",\"verdict\":\"pause\","
                           "\"mode\":\"quarantine\",\"reason\":\"why\",\"graceSeconds\":3,"
                           "\"until\":1700000000.5,\"onExpiry\":\"stop\"}",
                           &verdict);
    cr_assert_eq(result, 0, "%s", mc_error());
    cr_assert_eq(verdict.kind, MISSIONCTL_VERDICT_PAUSE);
    cr_assert_eq(verdict.mode, MISSIONCTL_MODE_QUARANTINE);
    cr_assert_eq(verdict.epoch, 7);
    cr_assert_str_eq(verdict.receipt_id, "x");
    cr_assert_str_eq(verdict.reason, "why");
    cr_assert_eq(verdict.grace_s, 3);
    cr_assert_eq(verdict.until_us, INT64_C(1700000000500000));
    cr_assert(verdict.is_stop_at_end);
    cr_assert_eq(read_text("{\"verdict\":\"pause\",\"until\":17,\"untilUs\":17000042}", &verdict),
                 0);
    cr_assert_eq(verdict.until_us, 17000042, "the finer one counts");
}

Test(run_verdict, needs_only_its_word)
{
    static const struct {
        const char *text;
        missionctl_verdict_kind_t kind;
        missionctl_mode_t mode;
    } rows[] = {
        {"{\"verdict\":\"run\"}", MISSIONCTL_VERDICT_GO, MISSIONCTL_MODE_BOUNDARY},
        {"{\"verdict\":\"stop\"}", MISSIONCTL_VERDICT_STOP, MISSIONCTL_MODE_BOUNDARY},
        {"{\"verdict\":\"restart\"}", MISSIONCTL_VERDICT_RESTART, MISSIONCTL_MODE_BOUNDARY},
        {"{\"verdict\":\"pause\",\"mode\":\"now\"}", MISSIONCTL_VERDICT_PAUSE, MISSIONCTL_MODE_NOW},
        {"{\"verdict\":\"pause\",\"mode\":null}", MISSIONCTL_VERDICT_PAUSE,
         MISSIONCTL_MODE_BOUNDARY},
        /* a mode of a later version holds more rather than less */
        {"{\"verdict\":\"pause\",\"mode\":\"gently\"}", MISSIONCTL_VERDICT_PAUSE,
         MISSIONCTL_MODE_NOW},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_verdict_t verdict;
        cr_assert_eq(read_text(rows[i].text, &verdict), 0, "%s: %s", rows[i].text, mc_error());
        cr_expect_eq(verdict.kind, rows[i].kind, "%s", rows[i].text);
        cr_expect_eq(verdict.mode, rows[i].mode, "%s", rows[i].text);
        cr_expect_eq(verdict.grace_s, -1);
        cr_expect_eq(verdict.until_us, 0);
    }
}

Test(run_verdict, is_refused_with_the_reason)
{
    static const struct {
        const char *text;
        const char *reason;
    } rows[] = {
        {"[]", "a hold is not an object"},
        {"{}", "a hold has no verdict"},
        {"{\"verdict\":7}", "a hold has no verdict"},
        {"{\"verdict\":\"explode\"}", "\"explode\" is no verdict"},
        {"{\"verdict\":\"stop\",\"runId\":\"other\"}", "a hold is for another run"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        missionctl_verdict_t verdict = {.epoch = 5};
        cr_assert_eq(read_text(rows[i].text, &verdict), -1, "%s", rows[i].text);
        cr_expect_str_eq(mc_error(), rows[i].reason);
        cr_expect_eq(verdict.epoch, 5, "untouched");
    }
}

Test(run_verdict, bounds_what_it_takes)
{
    missionctl_verdict_t verdict;
    char text[4096] = "{\"verdict\":\"stop\",\"graceSeconds\":1e18,\"until\":-4,\"reason\":\"";
    size_t size = strlen(text);
    memset(text + size, 'x', 2000);
    strcpy(text + size + 2000, "\"}");
    cr_assert_eq(read_text(text, &verdict), 0, "%s", mc_error());
    cr_assert_eq(strlen(verdict.reason), MISSIONCTL_REASON_BYTES_MAX - 1);
    cr_assert_eq(verdict.grace_s, 86400);
    cr_assert_eq(verdict.until_us, 0);
}

Test(run_verdict, is_the_same_only_with_the_same_epoch_and_receipt)
{
    missionctl_verdict_t one = {.kind = MISSIONCTL_VERDICT_STOP, .epoch = 1, .receipt_id = "a"};
    missionctl_verdict_t other = one;
    cr_assert(missionctl_verdict_is_same(&one, &other));
    other.epoch = 2;
    cr_assert_not(missionctl_verdict_is_same(&one, &other));
    other = one;
    other.receipt_id[0] = 'b';
    cr_assert_not(missionctl_verdict_is_same(&one, &other));
}
