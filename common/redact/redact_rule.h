/*
 *  redact_rule - every rule by which something is masked, under one number
 *
 *  First the shapes of redact_rules.def, then what is found by its place:
 *  behind a name, in a URL, in a header, between the lines of a key block.
 */
#ifndef MC_REDACT_RULE_H
#define MC_REDACT_RULE_H

#include "proto/base.h"
#include "redact_names.def"
#include "redact_rules.def"

#define MC_REDACT_PLACES(PLACE)                                                                    \
    PLACE(password, "A value under the name of a password")                                        \
    PLACE(secret, "A value under a name that says secret, or a noisy one under code, salt, hash")  \
    PLACE(api_key, "A value under the name of an API key")                                         \
    PLACE(token, "A value under the name of a token")                                              \
    PLACE(private_key, "A key block, or a value under the name of a private or shared key")        \
    PLACE(authorization, "The credential of an Authorization header")                              \
    PLACE(cookie, "The value of a Cookie header")                                                  \
    PLACE(connection_string, "A value under the name of a connection string")                      \
    PLACE(one_time_code, "A value under the name of a code that is used once")                     \
    PLACE(session, "A value under the name of a session")                                          \
    PLACE(url_password, "The password in scheme://user:password@host")                             \
    PLACE(pgpass_password, "The password of a line of .pgpass")                                    \
    PLACE(cli_password, "The password behind -u user: on a command line")                          \
    PLACE(discord_bot_token, "Three parts joined by dots, the first the base64 of digits")         \
    PLACE(aws_secret_key, "40 characters of base64 close behind an AWS key id")                    \
    PLACE(unreadable, "A document that is not JSON or not UTF-8, dropped whole")                   \
    PLACE(too_deep, "A document nested deeper than the limit, dropped whole")                      \
    PLACE(too_large, "A text or document over the limit, dropped whole")                           \
    PLACE(too_slow, "A text or document that needs too many checks, dropped whole")

typedef enum {
#define MC_REDACT_RULE_MEMBER(id, ...) MC_REDACT_##id,
    MC_REDACT_RULES(MC_REDACT_RULE_MEMBER) MC_REDACT_SHAPES,
    MC_REDACT_BEFORE_PLACES = MC_REDACT_SHAPES - 1,
    MC_REDACT_PLACES(MC_REDACT_RULE_MEMBER) MC_REDACT_BUILT_IN,
    MC_REDACT_none = UINT16_MAX,
} mc_redact_rule_t;

typedef enum {
    MC_REDACT_MIXED,
    MC_REDACT_GITHUB,
    MC_REDACT_JWT,
    MC_REDACT_PEM64,
} mc_redact_check_t;

typedef struct {
    const char *id;
    const char *family;
    const char *literal;
    const char *pattern;
    mc_redact_check_t check;
    const char *near_miss;
} mc_redact_shape_t;

/* The rows of redact_rules.def; the index is the rule. */
extern const mc_redact_shape_t mc_redact_shapes[MC_REDACT_SHAPES];

/* The id of a built-in rule. */
const char *mc_redact_rule_id(size_t rule);

#endif
