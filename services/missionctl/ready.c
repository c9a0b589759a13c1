/*
 *  ready - asks a service whether it can do its work
 */
#include "stack.h"

#include "common/error.h"
#include "common/json.h"
#include "http.h"

#define READY_TIMEOUT_MS 3000

/* Not ready: the "message" of the error where the answer has one, else its beginning. */
static int
fail_with(mc_text_t answer)
{
    mc_json_parser_t *parser = mc_json_parser_new();
    mc_refusal_t refusal;
    mc_json_t root, error, message;
    bool has_message =
        mc_json_parse(parser, answer, &root, &refusal) == 0 &&
        mc_json_kind(root) == MC_JSON_OBJECT && mc_json_find(root, "error", &error) &&
        mc_json_kind(error) == MC_JSON_OBJECT && mc_json_find(error, "message", &message) &&
        mc_json_kind(message) == MC_JSON_STRING;
    mc_text_t reason = has_message ? mc_json_text(message) : answer;
    while (reason.size && reason.data[reason.size - 1] == '\n')
        reason.size--;
    mc_fail("%.*s", (int)(reason.size < 300 ? reason.size : 300), reason.data ? reason.data : "");
    mc_json_parser_destroy(&parser);
    return -1;
}

int
missionctl_service_ready(const missionctl_service_t *service, const missionctl_place_t *place)
{
    missionctl_path_t url = missionctl_path("http://%s:%d/readyz", missionctl_place_host(place),
                                            missionctl_service_port(service, place->settings));
    missionctl_http_request_t request = {.url = url.text, .timeout_ms = READY_TIMEOUT_MS};
    mc_buffer_t answer = {0};
    int status = 0;
    int result = missionctl_http(&request, &status, &answer);
    if (result == 0 && status != 200)
        result = fail_with(mc_buffer_content(&answer));
    mc_buffer_clear(&answer);
    return result;
}
