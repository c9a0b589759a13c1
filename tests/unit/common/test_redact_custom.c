/*
 *  test_redact_custom - the file of people's own rules, names and allow-lists
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "common/redact.h"

static char path[] = "/tmp/mc-redact-XXXXXX";

static mc_redact_t *
load(const char *content)
{
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    mc_redact_t *redact = mc_redact_new(path);
    unlink(path);
    return redact;
}

static void
expect(mc_redact_t *redact, const char *text, const char *expected)
{
    mc_buffer_t out = {0};
    mc_text_t result;
    mc_redact_text(redact, mc_text(text), &out, &result, NULL);
    cr_expect(mc_text_is(result, expected), "%s gave %.*s", text, MC_FMT(result));
    mc_buffer_clear(&out);
}

Test(redact_custom, adds_rules_names_and_allow_lists)
{
    mc_redact_t *redact =
        load("{\"rules\":[{\"id\":\"acme_key\",\"pattern\":\"acme_[0-9a-f]{8,}\"}],"
             "\"names\":[\"launch sequence\"],"
             "\"allow\":{\"rules\":[\"session\"],\"names\":[\"demo token\"],"
             "\"values\":[\"hunter2\"]}}");
    cr_assert(redact, "%s", mc_error());
    expect(redact, "x acme_0123456789 y", "x [REDACTED:acme_key] y");
    expect(redact, "{\"a\":[\"acme_0123456789\"]}", "{\"a\":[\"[REDACTED:acme_key]\"]}");
    expect(redact, "{\"launchSequence\":\"abc\"}", "{\"launchSequence\":\"[REDACTED:secret]\"}");
    expect(redact, "session_id=abcdef12", "session_id=abcdef12");
    expect(redact, "demo_token=abc123def456", "demo_token=abc123def456");
    expect(redact, "password=hunter2", "password=hunter2");
    expect(redact, "{\"password\":\"hunter2\"}", "{\"password\":\"hunter2\"}");
    expect(redact, "password=hunter3", "password=[REDACTED:password]");
    cr_expect_str_eq(mc_redact_rule_name(redact, mc_redact_rule_count(redact) - 1), "acme_key");
    cr_expect_eq(mc_redact_rule_hits(redact, mc_redact_rule_count(redact) - 1), 2);
    mc_redact_destroy(&redact);
}

Test(redact_custom, says_what_is_wrong_with_the_file)
{
    static const struct {
        const char *content;
        const char *reason;
    } cases[] = {
        {"{", "body is not JSON at byte 1"},
        {"[]", "not an object"},
        {"{\"rules\":{}}", "rules is not an array"},
        {"{\"rules\":[{\"id\":\"x\"}]}", "a rule needs the texts id and pattern"},
        {"{\"rules\":[{\"id\":\"a b\",\"pattern\":\"x\"}]}", "the id a b is not made of"},
        {"{\"rules\":[{\"id\":\"bad\",\"pattern\":\"(\"}]}", "the pattern of rule bad: "},
        {"{\"names\":[5]}", "an entry of names is not a string"},
        {"{\"names\":[\"\"]}", "an entry of names is empty"},
        {"{\"names\":[\"a b\"]}", "the name a b has no word of 3 letters"},
        {"{\"allow\":[]}", "allow is not an object"},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        cr_expect_null(load(cases[i].content), "%s", cases[i].content);
        cr_expect(strstr(mc_error(), cases[i].reason), "%s: %s", cases[i].content, mc_error());
        cr_expect(strstr(mc_error(), "reading the redaction rules: "), "%s", mc_error());
    }
    cr_expect_null(mc_redact_new("/nowhere/rules.json"));
    cr_expect(strstr(mc_error(), "/nowhere/rules.json: No such file"), "%s", mc_error());
}
