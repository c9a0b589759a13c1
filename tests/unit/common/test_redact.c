/*
 *  test_redact - texts and documents before and after, and the bounds
 *
 *  Every output is redacted once more and must stay as it is.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "common/redact.h"

static mc_redact_t *redact;
static mc_buffer_t out, again;
static mc_redact_report_t report;

static void
open_redact(void)
{
    redact = mc_redact_new(NULL);
}

static void
close_redact(void)
{
    mc_buffer_clear(&out);
    mc_buffer_clear(&again);
    mc_redact_destroy(&redact);
}

TestSuite(redact, .init = open_redact, .fini = close_redact);

typedef void redact_fn(mc_redact_t *, mc_text_t, mc_buffer_t *, mc_text_t *, mc_redact_report_t *);

/* Redacts, and once more. */
static mc_text_t
run(redact_fn *call, mc_text_t text)
{
    mc_text_t result, same;
    mc_redact_report_t second;
    mc_buffer_reset(&out);
    mc_buffer_reset(&again);
    call(redact, text, &out, &result, &report);
    call(redact, result, &again, &same, &second);
    cr_expect(mc_text_equals(same, result), "%.*s changed again to %.*s", MC_FMT(result),
              MC_FMT(same));
    return result;
}

typedef struct {
    const char *text;
    const char *expected; /* NULL: as it is */
} case_t;

static void
run_all(redact_fn *call, const case_t *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *expected = cases[i].expected ? cases[i].expected : cases[i].text;
        mc_text_t result = run(call, mc_text(cases[i].text));
        cr_expect(mc_text_is(result, expected), "%s\n  gave   %.*s\n  wanted %s", cases[i].text,
                  MC_FMT(result), expected);
    }
}

Test(redact, hides_values_behind_names_in_text)
{
    static const case_t cases[] = {
        {"api_key = \"abcd1234efgh5678\"", "api_key = \"[REDACTED:api_key]\""},
        {"export DB_PASSWORD=swordfish", "export DB_PASSWORD=[REDACTED:password]"},
        {"password: hunter2", "password: [REDACTED:password]"},
        {"password: swordfish\nuser: bob", "password: [REDACTED:password]\nuser: bob"},
        {"The password is Tr0ub4dor&3.", "The password is [REDACTED:password]."},
        {"pwd=p@ss,w0rd! next", "pwd=[REDACTED:password] next"},
        {"const token = \"abcDEF123456ghi\";", "const token = \"[REDACTED:token]\";"},
        {"{'api_key': 'abcd1234', 'n': 3}", "{'api_key': '[REDACTED:api_key]', 'n': 3}"},
        {"{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"[REDACTED:password]\\\"}"},
        {"{\"password\":\"hunter2\", \"cut off",
         "{\"password\":\"[REDACTED:password]\", \"cut off"},
        {"<password>hunter2</password>", "<password>[REDACTED:password]</password>"},
        {"password%3Dhunter2%26user%3Dbob", "password%3D[REDACTED:password]%26user%3Dbob"},
        {"%7B%22secret%22%3A%22hunter2%22%7D", "%7B%22secret%22%3A%22[REDACTED:secret]%22%7D"},
        {"&quot;secret&quot;: &quot;hunter2&quot;",
         "&quot;secret&quot;: &quot;[REDACTED:secret]&quot;"},
        {"--token abc123def456 --verbose", "--token [REDACTED:token] --verbose"},
        {"--password=hunter2", "--password=[REDACTED:password]"},
        {"def f(password: str = \"hunter2\"):", "def f(password: str = \"[REDACTED:password]\"):"},
        {"os.environ[\"API_KEY\"] = \"abc123\"",
         "os.environ[\"API_KEY\"] = \"[REDACTED:api_key]\""},
        {"My API key: 9f8e7d6c5b4a", "My API key: [REDACTED:api_key]"},
        {"Your verification code is 482913", "Your verification code is [REDACTED:one_time_code]"},
        {"WITH PASSWORD 'hunter2';", "WITH PASSWORD '[REDACTED:password]';"},
        {"IDENTIFIED BY 'hunter2'", "IDENTIFIED BY '[REDACTED:password]'"},
        {"ENV API_KEY abc123def", "ENV API_KEY [REDACTED:api_key]"},
        {"machine h login bob password s3cr3t", "machine h login bob password [REDACTED:password]"},
        {"Server=db;User Id=sa;Password=S3cret!;Pooling=true",
         "Server=db;User Id=sa;Password=[REDACTED:password];Pooling=true"},
        {"DefaultEndpointsProtocol=https;AccountKey=abc123def456==;X=y",
         "DefaultEndpointsProtocol=https;AccountKey=[REDACTED:private_key];X=y"},
        {"client-key-data: LS0tLS1CRUdJTiBFQ1BB", "client-key-data: [REDACTED:private_key]"},
        {"line\\napi_key=abc123\\nnext", "line\\napi_key=[REDACTED:api_key]\\nnext"},
        {"master_key: TFMwdExTMUNSVWRKVGlB", "master_key: [REDACTED:private_key]"},
        {"- name: DB_PASSWORD\n  value: hunter2\n",
         "- name: DB_PASSWORD\n  value: [REDACTED:password]\n"},
        {"<add key=\"ApiKey\" value=\"abc123\" />",
         "<add key=\"ApiKey\" value=\"[REDACTED:api_key]\" />"},
        {"log in with password hunter2 now", "log in with password [REDACTED:password] now"},
        {"password: |\n  hunter2\nx: y", "password: |\n  [REDACTED:password]\nx: y"},
    };
    run_all(mc_redact_text, cases, MC_COUNT(cases));
}

Test(redact, hides_what_stands_in_its_place)
{
    static const case_t cases[] = {
        {"postgres://user:p%40ss@db:5432/app",
         "postgres://user:[REDACTED:url_password]@db:5432/app"},
        {"redis://:hunter2@cache:6379/0", "redis://:[REDACTED:url_password]@cache:6379/0"},
        {"amqp://bob:a/b#c@mq", "amqp://bob:[REDACTED:url_password]@mq"},
        {"root:hunter2@tcp(127.0.0.1:3306)/app",
         "root:[REDACTED:url_password]@tcp(127.0.0.1:3306)/app"},
        {"https://x.org/cb?access_token=abc123def456&state=x",
         "https://x.org/cb?access_token=[REDACTED:token]&state=x"},
        {"?sv=2020&sig=aB3%2Fd5f7h9&se=x", "?sv=2020&sig=[REDACTED:secret]&se=x"},
        {"curl -u admin:hunter2 https://x.org",
         "curl -u admin:[REDACTED:cli_password] https://x.org"},
        {"curl -H \"Authorization: Bearer abc123DEF\" https://x.org",
         "curl -H \"Authorization: Bearer [REDACTED:authorization]\" https://x.org"},
        {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [REDACTED:authorization]"},
        {"sent bearer abc123DEF456ghi", "sent bearer [REDACTED:authorization]"},
        {"Authorization: Digest username=\"bob\", nonce=\"abc\", response=\"6629fae4\"",
         "Authorization: Digest [REDACTED:authorization]"},
        {"Cookie: sid=abcdef123; theme=dark", "Cookie: [REDACTED:cookie]"},
        {"sshpass -p hunter2 ssh x", "sshpass -p [REDACTED:cli_password] ssh x"},
        {"mysql -u root -pS3cret db", "mysql -u root -p[REDACTED:cli_password] db"},
        {"localhost:5432:mydb:bob:hunter2", "localhost:5432:mydb:bob:[REDACTED:pgpass_password]"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\ntail",
         "[REDACTED:private_key]\ntail"},
        {"x -----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY----- y",
         "x [REDACTED:private_key] y"},
        {"x -----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBGN0aGlzIGlzIG5v",
         "x [REDACTED:private_key]"},
    };
    run_all(mc_redact_text, cases, MC_COUNT(cases));
}

Test(redact, leaves_what_only_looks_like_a_secret)
{
    static const char *const texts[] = {
        "Enter password: must contain 8 characters",
        "password: ********",
        "password=getpass.getpass()",
        "const token = request.token;",
        "apiKey: process.env.API_KEY,",
        "secret: ${MY_SECRET}",
        "api_key=<your-api-key>",
        "password: string;",
        "login(user, password=password)",
        "if password == None:",
        "max_tokens: 4096, token_count=5, tokens=120000",
        "the token expired. the key is under the mat. code: 404",
        "Bearer token authentication is required",
        "author: bob, keyboard=us, monkey: banana12, compass=n12345678",
        "sort_key=abc12345678 commit_hash=9fceb02d0ae598e95dc970b74767f19372d61af8",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "arn:aws:iam::123456789012:role/x i-0abcd1234efgh5678",
        "https://example.org:8080/path@v2?x=1",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "if password is None: pass",
        "scopes: secret:read token:refresh",
        "private_key: ed25519.Ed25519PrivateKey, code: Uint8Array,",
        "self.credentials = authorizer; key = '%s_digest' % x",
        "authorization?: string | undefined;",
        "Keep Authorization: headers on a redirect.",
        "headers = {'Authorization': auth, 'Cookie': jar}",
        "information on the --username and --password options",
        "socks5h://<username>:<password>@proxy scheme://[user:passwd@]proxy",
        "START = \"-----BEGIN OPENSSH PRIVATE KEY-----\"",
        "PWD: '/home/bob' OLDPWD=/tmp",
        "setPassword(`makePassword(a, b)`) integrity: sha512-abc1234567890def==",
        "docker run -u 1000:1000 -p 8080:80 x",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "[REDACTED:password] and password=[REDACTED:password]",
        "",
    };
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        mc_text_t result = run(mc_redact_text, mc_text(texts[i]));
        cr_expect(mc_text_is(result, texts[i]), "%s gave %.*s", texts[i], MC_FMT(result));
        cr_expect_eq(result.data, texts[i], "the input itself is lent back");
        cr_expect_eq(report.masked, 0);
    }
}

Test(redact, keeps_the_shape_of_documents)
{
    static const case_t cases[] = {
        {"{ \"password\" : \"hunter2\", \"n\" : [1, 2.5, null] }",
         "{\"password\":\"[REDACTED:password]\",\"n\":[1,2.5,null]}"},
        {"{\"api\\u005fkey\":\"abc\"}", "{\"api_key\":\"[REDACTED:api_key]\"}"},
        {"{\"ｐａｓｓｗｏｒｄ\":\"x1\"}", "{\"ｐａｓｓｗｏｒｄ\":\"[REDACTED:password]\"}"},
        {"{\"headers\":[[\"authorization\",\"Bearer abc\"],[\"accept\",\"x\"]]}",
         "{\"headers\":[[\"authorization\",\"Bearer "
         "[REDACTED:authorization]\"],[\"accept\",\"x\"]]}"},
        {"{\"rawHeaders\":[\"Host\",\"x\",\"Authorization\",\"Bearer abc123\"]}",
         "{\"rawHeaders\":[\"Host\",\"x\",\"Authorization\",\"Bearer [REDACTED:authorization]\"]}"},
        {"{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}",
         "{\"name\":\"DB_PASSWORD\",\"value\":\"[REDACTED:password]\"}"},
        {"{\"value\":\"hunter2\",\"field\":\"password\"}",
         "{\"value\":\"[REDACTED:password]\",\"field\":\"password\"}"},
        {"{\"key\":\"http.request.header.authorization\",\"value\":{\"stringValue\":\"Bearer "
         "abc\"}}",
         "{\"key\":\"http.request.header.authorization\","
         "\"value\":{\"stringValue\":\"Bearer [REDACTED:authorization]\"}}"},
        {"{\"credentials\":{\"username\":\"bob\",\"password\":\"x\",\"pin\":\"a1\"}}",
         "{\"credentials\":{\"username\":\"bob\",\"password\":\"[REDACTED:password]\","
         "\"pin\":\"[REDACTED:secret]\"}}"},
        {"{\"secrets\":[\"a1\",\"b2\"]}",
         "{\"secrets\":[\"[REDACTED:secret]\",\"[REDACTED:secret]\"]}"},
        {"{\"args\":[\"--password\",\"hunter2\",\"-u\",\"bob:pw12\",\"--key=x\"]}",
         "{\"args\":[\"--password\",\"[REDACTED:password]\",\"-u\",\"bob:[REDACTED:cli_password]\","
         "\"--key=x\"]}"},
        {"{\"otp\":123456,\"access_token\":12,\"secret\":true,\"password\":null}",
         "{\"otp\":\"[REDACTED:one_time_code]\",\"access_token\":12,\"secret\":true,"
         "\"password\":null}"},
        {"{\"body\":\"{\\\"user\\\":\\\"bob\\\",\\\"api\\\\u005fkey\\\":\\\"hunter2\\\"}\"}",
         "{\"body\":\"{\\\"user\\\":\\\"bob\\\",\\\"api_key\\\":\\\"[REDACTED:api_key]\\\"}\"}"},
        {"{\"note\":\"token=abc123def456\"}", "{\"note\":\"token=[REDACTED:token]\"}"},
        {"{\"sk-proj-Abcdefghijklmnopqrst1\":1}", "{\"[REDACTED:openai_project_key]\":1}"},
        {"\"password=hunter2\"", "\"password=[REDACTED:password]\""},
    };
    run_all(mc_redact_json, cases, MC_COUNT(cases));
}

Test(redact, leaves_documents_without_secrets)
{
    static const char *const texts[] = {
        "{\"type\":\"object\",\"properties\":{\"password\":{\"type\":\"string\",\"minLength\":8}},"
        "\"required\":[\"username\",\"password\"]}",
        "{\"usage\":{\"input_tokens\":10,\"max_tokens\":4096},\"nextCursor\":\"eyJvZmZzZXQiOjEwfQ=="
        "\"}",
        "{\"progressToken\":\"abc123def456\",\"tokenType\":\"Bearer\",\"secretRef\":{\"name\":"
        "\"x\"}}",
        "{\"state\":\"running\",\"code\":\"ERR_BAD\",\"key\":\"user:1:profile\",\"author\":\"x\"}",
        "{\"hash\":\"9fceb02d0ae598e95dc970b74767f19372d61af8\",\"publicKey\":\"MIIBIjANBgkq\"}",
        "{\"password\":\"\",\"api_key\":\"${API_KEY}\",\"token\":\"<token>\",\"secret\":false}",
        "{\"a\":[1.0,1e3,18446744073709551615],  \"b\":\"é\"}",
        "{\"dependencies\":{\"tough-cookie\":\"^6.0.0\",\"cookie\":\"~0.6\",\"jwt\":\"1.2.3-rc.1\"}"
        "}",
        "{\"env\":{\"PWD\":\"/home/bob\",\"HOME\":\"/home/bob\"},\"withCredentials\":\"same\"}",
        "{\"node_modules/tough-cookie\":{\"version\":\"6.1.0\",\"integrity\":\"sha512-abc\"}}",
        "[\"Cookie\",\"Authorization\",\"Accept\"]",
        "[]",
    };
    for (size_t i = 0; i < MC_COUNT(texts); i++) {
        mc_text_t result = run(mc_redact_json, mc_text(texts[i]));
        cr_expect_eq(result.data, texts[i], "%s gave %.*s", texts[i], MC_FMT(result));
    }
}

Test(redact, drops_what_it_cannot_read)
{
    static const case_t cases[] = {
        {"", "\"[REDACTED:unreadable]\""},
        {"{\"a\":", "\"[REDACTED:unreadable]\""},
        {"{\"a\":\"\xff\"}", "\"[REDACTED:unreadable]\""},
        {"password=hunter2", "\"[REDACTED:unreadable]\""},
    };
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_text_t result = run(mc_redact_json, mc_text(cases[i].text));
        cr_expect(mc_text_is(result, cases[i].expected), "%s", cases[i].text);
        (void)run(mc_redact_json, mc_text(cases[i].text));
    }
    mc_text_t result;
    mc_redact_json(redact, MC_TEXT("{"), &out, &result, &report);
    cr_expect(report.is_dropped);
}

Test(redact, drops_what_is_over_a_bound)
{
    char *text = malloc(MC_REDACT_BYTES_MAX + 1);
    memset(text, '[', MC_REDACT_BYTES_MAX + 1);
    mc_text_t result = run(mc_redact_json, (mc_text_t){text, 1000});
    cr_expect(mc_text_is(result, "\"[REDACTED:too_deep]\""));
    result = run(mc_redact_json, (mc_text_t){text, MC_REDACT_BYTES_MAX + 1});
    cr_expect(mc_text_is(result, "\"[REDACTED:too_large]\""));
    result = run(mc_redact_text, (mc_text_t){text, MC_REDACT_BYTES_MAX + 1});
    cr_expect(mc_text_is(result, "[REDACTED:too_large]"));

    for (size_t i = 0; i + 4 <= MC_REDACT_BYTES_MAX; i += 4)
        memcpy(text + i, "key=", 4);
    result = run(mc_redact_text, (mc_text_t){text, (size_t)1 << 20});
    cr_expect(mc_text_is(result, "[REDACTED:too_slow]"));
    free(text);
}

Test(redact, cuts_long_strings_and_says_how_long_they_were)
{
    size_t size = 200000;
    char *text = malloc(size + 3);
    memset(text, 'a', size + 2);
    text[0] = text[size + 1] = '"';
    mc_text_t result = run(mc_redact_json, (mc_text_t){text, size + 2});
    cr_expect_eq(report.cut, 1);
    cr_expect_leq(result.size, MC_REDACT_STRING_BYTES_MAX + 2);
    cr_expect(memmem(result.data, result.size, "…[cut, 200000 bytes]\"", 23));

    memcpy(text + size - 20, "password=hunter2", 16);
    result = run(mc_redact_text, (mc_text_t){text + 1, size});
    cr_expect_eq(report.cut, 1);
    cr_expect_not(memmem(result.data, result.size, "hunter2", 7));
    memcpy(text + MC_REDACT_STRING_BYTES_MAX - 70, " password=hunter2 ", 18);
    result = run(mc_redact_text, (mc_text_t){text + 1, size});
    cr_expect_not(memmem(result.data, result.size, "hunter", 6), "also at the cut");
    free(text);
}

Test(redact, takes_a_text_that_is_cut_anywhere)
{
    static const char whole[] = "{\"a\":\"b\"} password: |\n \\\"hunter2\\\" postgres://u:p@h "
                                "-----BEGIN PRIVATE KEY-----\\n"
                                "Authorization: Bearer \xef\xbd\x81 &quot;secret&quot;: %22a%22 "
                                "sk-ant-\xe2\x80\x9c\xe2\x80";
    for (size_t start = 0; start < sizeof whole - 1; start++)
        for (size_t end = start; end < sizeof whole; end += 7) {
            char *exact = malloc(end - start + 1);
            memcpy(exact, whole + start, end - start);
            (void)run(mc_redact_text, (mc_text_t){exact, end - start});
            free(exact);
        }
}

Test(redact, counts_by_rule)
{
    (void)run(mc_redact_text, MC_TEXT("password=hunter2 secret=hunter3 password=hunter4"));
    cr_expect_eq(report.masked, 3);
    uint64_t passwords = 0, all = 0;
    for (size_t i = 0; i < mc_redact_rule_count(redact); i++) {
        all += mc_redact_rule_hits(redact, i);
        if (!strcmp(mc_redact_rule_name(redact, i), "password"))
            passwords = mc_redact_rule_hits(redact, i);
    }
    cr_expect_eq(passwords, 2);
    cr_expect_eq(all, 3);
    mc_redact_trim(redact);
    (void)run(mc_redact_json, MC_TEXT("{\"password\":\"hunter2\"}"));
    cr_expect_eq(report.masked, 1);
}
