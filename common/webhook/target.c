/*
 *  target - addresses of webhooks, and what may be said of them
 */
#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/webhook/parts.h"

#define SEPARATORS " \t\r\n,"
#define DIGEST_BYTES 16
#define DIGEST_SHOWN 12 /* digits of it */

bool
mc_webhook_next_url(const char **list, mc_text_t *ret_url)
{
    *list += strspn(*list, SEPARATORS);
    *ret_url = (mc_text_t){*list, strcspn(*list, SEPARATORS)};
    *list += ret_url->size;
    return ret_url->size > 0;
}

static char *
part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

/* Why it is no address for a webhook; NULL when it is one. */
static const char *
fault_of(CURLU *url, const char *text)
{
    char *user = NULL, *scheme = NULL;
    const char *fault = NULL;
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
        return "is no URL";
    scheme = part_of(url, CURLUPART_SCHEME);
    user = part_of(url, CURLUPART_USER);
    if (!scheme || (strcmp(scheme, "http") && strcmp(scheme, "https")))
        fault = "is neither http nor https";
    else if (user)
        fault = "has a user in it: give the server a path with a secret, or check the signature";
    curl_free(scheme);
    curl_free(user);
    return fault;
}

static char *
shown(CURLU *url, const char *text)
{
    unsigned char digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    mc_buffer_t out = {0};
    char *scheme = part_of(url, CURLUPART_SCHEME), *host = part_of(url, CURLUPART_HOST);
    char *port = part_of(url, CURLUPART_PORT);
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    mc_buffer_printf(&out, "%s://%s%s%s#%.*s", scheme, host, port ? ":" : "", port ? port : "",
                     DIGEST_SHOWN, hex);
    mc_buffer_byte(&out, '\0');
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return out.data;
}

char *
mc_webhook_target(mc_text_t url, size_t number)
{
    CURLU *parsed = curl_url();
    char *text = strndup(url.data, url.size);
    assert(parsed && text);
    const char *fault = fault_of(parsed, text);
    char *target = fault ? NULL : shown(parsed, text);
    if (fault)
        mc_fail("address %zu of AOP_WEBHOOK_URLS %s", number, fault);
    curl_url_cleanup(parsed);
    free(text);
    return target;
}
