/*
 *  http - one HTTP request, waited for
 */
#include "http.h"

#include <curl/curl.h>

#define CONNECT_TIMEOUT_MS 5000L

bool
missionctl_url_is_loopback(const char *url)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    size_t size = strcspn(host, "/?#");
    if (memchr(host, '@', size))
        return false;
    for (size_t i = 0; i < MC_COUNT(hosts); i++) {
        size_t known = strlen(hosts[i]);
        bool is_same = size >= known && !memcmp(host, hosts[i], known);
        if (is_same && (size == known || host[known] == ':'))
            return true;
    }
    return false;
}

static size_t
on_body(char *data, size_t unit, size_t count, void *arg)
{
    mc_buffer_t *answer = arg;
    mc_buffer_append(answer, data, unit * count);
    return answer->is_full ? 0 : unit * count;
}

static struct curl_slist *
make_headers(const missionctl_http_request_t *request)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    if (request->body.data)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        headers = curl_slist_append(headers, request->headers[i]);
    return headers;
}

static void
set_options(CURL *curl, const missionctl_http_request_t *request, struct curl_slist *headers,
            mc_buffer_t *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (missionctl_url_is_loopback(request->url))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (request->body.data) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    }
    if (request->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

int
missionctl_http(const missionctl_http_request_t *request, int *ret_status, mc_buffer_t *answer)
{
    long status = 0;
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    assert(curl);
    struct curl_slist *headers = make_headers(request);
    set_options(curl, request, headers, answer);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return mc_fail("%s", reason[0] ? reason : curl_easy_strerror(code));
    *ret_status = (int)status;
    return 0;
}
