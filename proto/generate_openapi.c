/*
 *  generate_openapi - the OpenAPI document of the gateway and of ingest
 */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>

/* Objects that are no records. A type that begins with a capital is a schema, one behind a bracket
 * an array of it, an empty one any value. */
static const struct {
    const char *object;
    const char *name;
    const char *type; /* "[" before it: a list; "?": may be absent */
    const char *doc;
} properties[] = {
    {"Error", "error", "ErrorBody", "Why it was not done"},
    {"ErrorBody", "code", "ErrorCode", "The reason, for programs"},
    {"ErrorBody", "message", "string", "The reason, naming field and value"},
    {"Login", "username", "string", "Name of the operator"},
    {"Login", "passphrase", "string", "Passphrase of the operator"},
    {"Session", "user", "SessionUser", "Who signed in"},
    {"Session", "csrfToken", "string", "To be sent as x-mc-csrf with what changes something"},
    {"Session", "expiresAt", "integer", "When the session ends, in Unix seconds"},
    {"SessionUser", "name", "string", "Name of the operator"},
    {"SessionUser", "role", "string", "viewer, operator or admin"},
    {"PassphraseChange", "current", "string", "The passphrase so far"},
    {"PassphraseChange", "next", "string", "The passphrase from now on"},
    {"NewKey", "name", "string", "What it is for"},
    {"NewKey", "role", "string", "viewer, operator, admin or agent"},
    {"CreatedKey", "key", "string", "The key, shown this once"},
    {"CreatedKey", "record", "ApiKey", "What is kept of it"},
    {"NewOperator", "name", "string", "Name to log in with: letters, digits and . _ - @"},
    {"NewOperator", "role", "string", "viewer, operator or admin"},
    {"NewOperator", "passphrase", "?string", "12 to 1024 bytes; without it one is made"},
    {"CreatedOperator", "passphrase", "?string", "The one that was made, shown this once"},
    {"CreatedOperator", "record", "Operator", "What is kept"},
    {"OperatorRole", "role", "string", "viewer, operator or admin"},
    {"FacetCount", "value", "", "A value"},
    {"FacetCount", "count", "integer", "Runs that have it"},
    {"Facets", "tier", "[FacetCount", "Tiers"},
    {"Facets", "status", "[FacetCount", "Statuses"},
    {"Facets", "provider", "[FacetCount", "Providers"},
    {"Facets", "modelId", "[FacetCount", "Models"},
    {"Facets", "persona", "[FacetCount", "Personas"},
    {"Facets", "skill", "[FacetCount", "Skills"},
    {"Facets", "mcpServer", "[FacetCount", "MCP servers"},
    {"Facets", "actor", "[FacetCount", "Actors"},
};

static generate_name_t
plain_name(const char *type)
{
    return (generate_name_t){type, ""};
}

static bool
is_same_object(size_t one, size_t other)
{
    return other < MC_COUNT(properties) &&
           !strcmp(properties[one].object, properties[other].object);
}

static void
write_property(generate_json_t *json, size_t i)
{
    const char *type = properties[i].type;
    type += type[0] == '?';
    generate_json_open(json, properties[i].name, '{');
    generate_json_text(json, "description", properties[i].doc);
    if (type[0] == '[') {
        generate_json_text(json, "type", "array");
        generate_json_ref(json, "items", "schemas", plain_name(type + 1));
    } else if (isupper((unsigned char)type[0])) {
        generate_json_open(json, "allOf", '[');
        generate_json_ref(json, NULL, "schemas", plain_name(type));
        generate_json_close(json, ']');
    } else if (type[0]) {
        generate_json_text(json, "type", type);
    }
    generate_json_close(json, '}');
}

/* The object whose properties begin at first; returns where the next one begins. */
static size_t
write_object(generate_json_t *json, size_t first)
{
    size_t end = first;
    generate_json_open(json, properties[first].object, '{');
    generate_json_text(json, "type", "object");
    generate_json_open(json, "properties", '{');
    for (; is_same_object(first, end); end++)
        write_property(json, end);
    generate_json_close(json, '}');
    generate_json_open(json, "required", '[');
    for (size_t i = first; i < end; i++)
        if (properties[i].type[0] != '?')
            generate_json_text(json, NULL, properties[i].name);
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    return end;
}

static void
write_error_codes(generate_json_t *json)
{
    generate_json_open(json, "ErrorCode", '{');
    generate_json_text(json, "type", "string");
    generate_json_open(json, "enum", '[');
    for (int code = MC_NO_ERROR + 1; code < MC_ERROR_COUNT; code++)
        generate_json_text(json, NULL, mc_error_row((mc_error_code_t)code)->name);
    generate_json_close(json, ']');
    generate_json_close(json, '}');
}

static void
write_plain_schemas(generate_json_t *json)
{
    generate_json_open(json, "NextCursor", '{');
    generate_json_text(json, "description",
                       "To be passed as cursor for the next page; null at the end");
    generate_json_open(json, "type", '[');
    generate_json_text(json, NULL, "string");
    generate_json_text(json, NULL, "null");
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    generate_json_open(json, "PlainText", '{');
    generate_json_text(json, "type", "string");
    generate_json_close(json, '}');
    generate_json_open(json, "Anything", '{');
    generate_json_close(json, '}');
}

static void
write_schemas(generate_json_t *json)
{
    generate_json_open(json, "schemas", '{');
    generate_schemas(json);
    for (size_t i = 0; i < MC_COUNT(properties);)
        i = write_object(json, i);
    write_error_codes(json);
    write_plain_schemas(json);
    generate_json_close(json, '}');
}

static void
write_media_type(generate_json_t *json, const char *media_type, generate_name_t schema)
{
    generate_json_open(json, media_type, '{');
    generate_json_ref(json, "schema", "schemas", schema);
    generate_json_close(json, '}');
}

static void
open_body(generate_json_t *json, const char *name)
{
    generate_json_open(json, name, '{');
    generate_json_bool(json, "required", true);
    generate_json_open(json, "content", '{');
}

static void
close_body(generate_json_t *json)
{
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

static void
write_events_body(generate_json_t *json)
{
    generate_name_t event = generate_name(&mc_agent_event_shape, GENERATE_INPUT);
    open_body(json, "Events");
    generate_json_open(json, "application/json", '{');
    generate_json_open(json, "schema", '{');
    generate_json_open(json, "anyOf", '[');
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "type", "array");
    generate_json_ref(json, "items", "schemas", event);
    generate_json_close(json, '}');
    generate_json_ref(json, NULL, "schemas", event);
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    generate_json_close(json, '}');
    write_media_type(json, "application/x-ndjson", plain_name("PlainText"));
    write_media_type(json, "application/msgpack", plain_name("Anything"));
    close_body(json);
}

static void
write_bodies(generate_json_t *json)
{
    static const char *const objects[] = {"Login",       "PassphraseChange", "NewKey",
                                          "NewOperator", "OperatorRole",     "ControlPartInput",
                                          "PartAck",     "BudgetOrder",      "ProviderOrder",
                                          "RouteQuery",  "RunQuality"};
    generate_json_open(json, "requestBodies", '{');
    for (size_t i = 0; i < MC_COUNT(objects); i++) {
        open_body(json, objects[i]);
        write_media_type(json, "application/json", plain_name(objects[i]));
        close_body(json);
    }
    write_events_body(json);
    open_body(json, "Otlp");
    write_media_type(json, "application/x-protobuf", plain_name("Anything"));
    write_media_type(json, "application/json", plain_name("Anything"));
    close_body(json);
    generate_json_close(json, '}');
}

static void
write_error_answer(generate_json_t *json)
{
    generate_json_open(json, "responses", '{');
    generate_json_open(json, "Error", '{');
    generate_json_text(json, "description", "It was not done; the code says why");
    generate_json_open(json, "content", '{');
    write_media_type(json, "application/json", plain_name("Error"));
    generate_json_close(json, '}');
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

static void
write_security_scheme(generate_json_t *json, const char *key, const char *place, const char *name,
                      const char *doc)
{
    generate_json_open(json, key, '{');
    generate_json_text(json, "type", "apiKey");
    generate_json_text(json, "in", place);
    generate_json_text(json, "name", name);
    generate_json_text(json, "description", doc);
    generate_json_close(json, '}');
}

static void
write_security_schemes(generate_json_t *json)
{
    generate_json_open(json, "securitySchemes", '{');
    generate_json_open(json, "apiKey", '{');
    generate_json_text(json, "type", "http");
    generate_json_text(json, "scheme", "bearer");
    generate_json_text(json, "description", "An API key, mck_...");
    generate_json_close(json, '}');
    write_security_scheme(json, "session", "cookie", "mc_session", "The session of a login");
    write_security_scheme(json, "csrf", "header", "x-mc-csrf",
                          "The csrfToken of the session; needed for all but GET");
    generate_json_close(json, '}');
}

/* An API key, or a session with its token. */
static void
write_security(generate_json_t *json)
{
    generate_json_open(json, "security", '[');
    generate_json_open(json, NULL, '{');
    generate_json_open(json, "apiKey", '[');
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    generate_json_open(json, NULL, '{');
    generate_json_open(json, "session", '[');
    generate_json_close(json, ']');
    generate_json_open(json, "csrf", '[');
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    generate_json_close(json, ']');
}

static void
write_info(generate_json_t *json)
{
    generate_json_open(json, "info", '{');
    generate_json_text(json, "title", "Mission Control");
    generate_json_text(json, "version", "1");
    generate_json_text(json, "description",
                       "See every run of a fleet of AI agents live, and control it. Made from the "
                       "tables under proto/ by `make proto`.");
    generate_json_close(json, '}');
    generate_json_open(json, "servers", '[');
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "url", "http://127.0.0.1:8080");
    generate_json_text(json, "description", "gateway");
    generate_json_close(json, '}');
    generate_json_close(json, ']');
}

void
generate_openapi(void)
{
    generate_json_t json = {0};
    generate_json_open(&json, NULL, '{');
    generate_json_text(&json, "openapi", "3.1.0");
    write_info(&json);
    write_security(&json);
    generate_paths(&json);
    generate_json_open(&json, "components", '{');
    write_schemas(&json);
    write_bodies(&json);
    write_error_answer(&json);
    write_security_schemes(&json);
    generate_json_close(&json, '}');
    generate_json_close(&json, '}');
    printf("\n");
}
