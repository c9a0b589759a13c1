/*
 *  redact_check - the proofs that some tokens carry in themselves
 */
#ifndef MC_REDACT_CHECK_H
#define MC_REDACT_CHECK_H

#include "proto/base.h"

/* The last six characters are the CRC32 of the ones before, in base 62. */
bool mc_redact_has_github_checksum(mc_text_t body);

/* The token begins with a header that decodes to JSON with an algorithm. */
bool mc_redact_is_jwt(mc_text_t token);

/* Base64 whose beginning decodes to the head of a private key. */
bool mc_redact_is_base64_private_key(mc_text_t value);

/* Base64 of name:password. */
bool mc_redact_is_basic_credential(mc_text_t value);

#endif
