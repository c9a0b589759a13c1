/*
 *  generate_paths - the paths of the OpenAPI document
 */
#include "generate.h"

#include <stdio.h>

static generate_name_t
plain_name(const char *type)
{
    return (generate_name_t){type, ""};
}

static void
write_plain_parameter(generate_json_t *json, const char *place, const char *name, const char *doc)
{
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "name", name);
    generate_json_text(json, "in", place);
    generate_json_text(json, "description", doc);
    if (!strcmp(place, "path"))
        generate_json_bool(json, "required", true);
    generate_json_open(json, "schema", '{');
    generate_json_text(json, "type", strcmp(name, "limit") ? "string" : "integer");
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

/* name=doc|name=doc */
static void
write_extra(generate_json_t *json, const char *extra)
{
    char pair[256];
    while (extra && *extra) {
        size_t size = strcspn(extra, "|");
        snprintf(pair, sizeof pair, "%.*s", (int)size, extra);
        char *doc = strchr(pair, '=');
        assert(doc);
        *doc++ = '\0';
        write_plain_parameter(json, "query", pair, doc);
        extra += size + (extra[size] == '|');
    }
}

static void
write_route_parameters(generate_json_t *json, const generate_route_t *route)
{
    bool has_id = strstr(route->path, "{id}") != NULL;
    if (!has_id && !route->query && !route->extra)
        return;
    generate_json_open(json, "parameters", '[');
    if (has_id)
        write_plain_parameter(json, "path", "id", "Its id");
    if (route->query)
        generate_parameters(json, route->query);
    bool repeats = route->query && mc_shape_find_json(route->query, mc_text("cursor"), 0);
    if (!repeats)
        write_extra(json, route->extra);
    generate_json_close(json, ']');
}

/* {"<media type>": {"schema": */
static void
open_content(generate_json_t *json, const char *media_type)
{
    generate_json_open(json, "content", '{');
    generate_json_open(json, media_type, '{');
}

static void
close_content(generate_json_t *json)
{
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

static void
write_page_schema(generate_json_t *json, const mc_shape_t *shape)
{
    generate_json_open(json, "schema", '{');
    generate_json_text(json, "type", "object");
    generate_json_open(json, "properties", '{');
    generate_json_open(json, "items", '{');
    generate_json_text(json, "type", "array");
    generate_json_ref(json, "items", "schemas", generate_name(shape, GENERATE_ANSWER));
    generate_json_close(json, '}');
    generate_json_ref(json, "nextCursor", "schemas", plain_name("NextCursor"));
    generate_json_close(json, '}');
    generate_json_open(json, "required", '[');
    generate_json_text(json, NULL, "items");
    generate_json_close(json, ']');
    generate_json_close(json, '}');
}

static void
write_answer_content(generate_json_t *json, const generate_route_t *route)
{
    if (route->answer == GENERATE_NO_CONTENT)
        return;
    if (route->answer == GENERATE_TEXT || route->answer == GENERATE_STREAM) {
        open_content(json, route->answer == GENERATE_TEXT ? "text/plain" : "text/event-stream");
        generate_json_ref(json, "schema", "schemas", plain_name("PlainText"));
        close_content(json);
        return;
    }
    open_content(json, "application/json");
    if (route->answer == GENERATE_PAGE)
        write_page_schema(json, route->result);
    else if (route->answer == GENERATE_ONE)
        generate_json_ref(json, "schema", "schemas", generate_name(route->result, GENERATE_ANSWER));
    else
        generate_json_ref(json, "schema", "schemas", plain_name(route->named));
    close_content(json);
}

static void
write_answers(generate_json_t *json, const generate_route_t *route)
{
    bool is_created = route->named && !strcmp(route->named, "CreatedKey");
    generate_json_open(json, "responses", '{');
    generate_json_open(json,
                       route->answer == GENERATE_NO_CONTENT ? "204"
                       : is_created                         ? "201"
                                                            : "200",
                       '{');
    generate_json_text(json, "description",
                       route->answer == GENERATE_NO_CONTENT ? "Done" : "The answer");
    write_answer_content(json, route);
    generate_json_close(json, '}');
    generate_json_ref(json, "default", "responses", plain_name("Error"));
    generate_json_close(json, '}');
}

static void
write_role(generate_json_t *json, const char *role)
{
    if (role) {
        generate_json_text(json, "x-role", role);
        return;
    }
    generate_json_open(json, "security", '[');
    generate_json_close(json, ']');
}

/* Ingest listens on a port of its own, and asks for a key only once an agent key exists. */
static void
write_server(generate_json_t *json, const generate_route_t *route)
{
    if (strcmp(route->tag, "telemetry") != 0)
        return;
    generate_json_open(json, "servers", '[');
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "url", "http://127.0.0.1:4318");
    generate_json_text(json, "description", "ingest");
    generate_json_close(json, '}');
    generate_json_close(json, ']');
}

static void
write_tag(generate_json_t *json, const char *tag)
{
    generate_json_open(json, "tags", '[');
    generate_json_text(json, NULL, tag);
    generate_json_close(json, ']');
}

static void
write_route(generate_json_t *json, const generate_route_t *route)
{
    generate_json_open(json, route->method, '{');
    write_tag(json, route->tag);
    generate_json_text(json, "operationId", route->id);
    generate_json_text(json, "summary", route->doc);
    write_role(json, route->role);
    write_server(json, route);
    write_route_parameters(json, route);
    if (route->body)
        generate_json_ref(json, "requestBody", "requestBodies", plain_name(route->body));
    write_answers(json, route);
    generate_json_close(json, '}');
}

static void
write_input_body(generate_json_t *json, const mc_shape_t *shape)
{
    generate_name_t name = generate_name(shape, GENERATE_INPUT);
    generate_json_open(json, "requestBody", '{');
    open_content(json, "application/json");
    generate_json_open(json, "schema", '{');
    generate_json_open(json, "anyOf", '[');
    generate_json_open(json, NULL, '{');
    generate_json_text(json, "type", "object");
    generate_json_open(json, "properties", '{');
    generate_json_ref(json, "input", "schemas", name);
    generate_json_close(json, '}');
    generate_json_open(json, "required", '[');
    generate_json_text(json, NULL, "input");
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    generate_json_ref(json, NULL, "schemas", name);
    generate_json_close(json, ']');
    generate_json_close(json, '}');
    close_content(json);
    generate_json_close(json, '}');
}

static void
write_result(generate_json_t *json, const mc_command_t *command)
{
    generate_name_t name = generate_name(command->result, GENERATE_ANSWER);
    generate_json_open(json, "responses", '{');
    generate_json_open(json, "200", '{');
    generate_json_text(json, "description", "The result");
    open_content(json, "application/json");
    if (command->is_many) {
        generate_json_open(json, "schema", '{');
        generate_json_text(json, "type", "array");
        generate_json_ref(json, "items", "schemas", name);
        generate_json_close(json, '}');
    } else {
        generate_json_ref(json, "schema", "schemas", name);
    }
    close_content(json);
    generate_json_close(json, '}');
    generate_json_ref(json, "default", "responses", plain_name("Error"));
    generate_json_close(json, '}');
}

static void
write_command(generate_json_t *json, const mc_command_t *command)
{
    char path[128];
    snprintf(path, sizeof path, "/api/v1/commands/%s", command->name);
    generate_json_open(json, path, '{');
    generate_json_open(json, "post", '{');
    write_tag(json, "commands");
    generate_json_text(json, "operationId", command->name);
    generate_json_text(json, "summary", command->doc);
    write_role(json, mc_role_name(command->role));
    generate_json_text(json, "x-service", command->service);
    write_input_body(json, command->input);
    write_result(json, command);
    generate_json_close(json, '}');
    generate_json_close(json, '}');
}

/* Routes of one path stand together in the table and share an entry. */
void
generate_paths(generate_json_t *json)
{
    generate_json_open(json, "paths", '{');
    for (size_t i = 0; i < mc_command_count; i++)
        write_command(json, &mc_commands[i]);
    for (size_t i = 0; i < generate_route_count; i++) {
        bool begins = i == 0 || strcmp(generate_routes[i - 1].path, generate_routes[i].path);
        bool ends = i + 1 == generate_route_count ||
                    strcmp(generate_routes[i + 1].path, generate_routes[i].path);
        if (begins)
            generate_json_open(json, generate_routes[i].path, '{');
        write_route(json, &generate_routes[i]);
        if (ends)
            generate_json_close(json, '}');
    }
    generate_json_close(json, '}');
}
