/*
 *  routes - everything that the gateway answers over HTTP
 */
#include "assets.h"
#include "budgets.h"
#include "commands.h"
#include "control.h"
#include "keys.h"
#include "login.h"
#include "models.h"
#include "openapi.h"
#include "operator_changes.h"
#include "reads.h"
#include "roots.h"
#include "services.h"
#include "stream.h"

#define GET(where, least, function, text)                                                          \
    {                                                                                              \
        .method = "GET", .path = (where), .role = MC_ROLE_##least, .call = (function),             \
        .doc = (text)                                                                              \
    }
#define POST(where, least, function, bytes, text)                                                  \
    {                                                                                              \
        .method = "POST", .path = (where), .role = MC_ROLE_##least, .call = (function),            \
        .body_bytes_max = (bytes), .doc = (text)                                                   \
    }

const mc_http_route_t gateway_routes[] = {
    POST("/api/v1/commands/{name}", viewer, gateway_on_command, GATEWAY_COMMAND_BYTES_MAX,
         "Runs a command"),
    GET("/api/v1/snapshot", viewer, gateway_on_read, "What runs now and what happened last"),
    GET("/api/v1/runs", viewer, gateway_on_read, "Runs, newest start first"),
    GET("/api/v1/runs/{id}", viewer, gateway_on_read_one, "One run"),
    GET("/api/v1/events", viewer, gateway_on_read, "Events, newest first"),
    GET("/api/v1/events/{id}", viewer, gateway_on_event, "One event"),
    GET("/api/v1/stream", viewer, gateway_on_stream, "Events and runs as they come"),
    GET("/api/v1/roots", viewer, gateway_on_roots, "Root tasks, most recently active first"),
    GET("/api/v1/facets", viewer, gateway_on_facets, "Values to filter by, with their counts"),
    GET("/api/v1/tasks", viewer, gateway_on_read, "Tasks, newest first"),
    GET("/api/v1/tasks/{id}", viewer, gateway_on_read_one, "One task"),
    GET("/api/v1/terminals", viewer, gateway_on_read, "Actors with output, latest first"),
    GET("/api/v1/terminal-events", viewer, gateway_on_read, "Output of one actor on one task"),
    GET("/api/v1/model-health", viewer, gateway_on_model_health, "How the models do"),
    GET("/api/v1/models", viewer, gateway_on_read, "Every model with its card"),
    GET("/api/v1/providers", viewer, gateway_on_read, "Where models are called"),
    POST("/api/v1/providers", admin, gateway_on_provider_put, GATEWAY_COMMAND_BYTES_MAX,
         "Adds or changes a provider"),
    POST("/api/v1/providers/{name}/test", operator, gateway_on_provider_test, 0,
         "Asks a provider for its models"),
    {.method = "DELETE",
     .path = "/api/v1/providers/{name}",
     .role = MC_ROLE_admin,
     .call = gateway_on_provider_remove,
     .doc = "Removes a provider"},
    POST("/api/v1/router/explain", viewer, gateway_on_explain, GATEWAY_COMMAND_BYTES_MAX,
         "Which model would answer, and why"),
    GET("/api/v1/router/decisions", viewer, gateway_on_read, "The last decisions, newest first"),
    GET("/api/v1/router/decisions/{id}", viewer, gateway_on_decision, "One decision"),
    POST("/api/v1/runs/{id}/quality", operator, gateway_on_run_quality, GATEWAY_COMMAND_BYTES_MAX,
         "Says how good the outcome of a run was"),
    POST("/api/v1/control/parts", agent, gateway_on_part, GATEWAY_COMMAND_BYTES_MAX,
         "A part that enforces is here"),
    GET("/api/v1/control/parts", viewer, gateway_on_read, "Parts that enforce, here or gone"),
    POST("/api/v1/control/ack", agent, gateway_on_ack, GATEWAY_COMMAND_BYTES_MAX,
         "A part has done what holds"),
    GET("/api/v1/control/stream", agent, gateway_on_control_stream, "What holds for a run, live"),
    GET("/api/v1/budget", agent, gateway_on_read, "Budgets above a run or a task"),
    GET("/api/v1/budgets", viewer, gateway_on_read, "Budgets that were set"),
    POST("/api/v1/budgets", admin, gateway_on_budget_set, GATEWAY_COMMAND_BYTES_MAX,
         "Sets a hard limit"),
    {.method = "DELETE",
     .path = "/api/v1/budgets/{id}",
     .role = MC_ROLE_admin,
     .call = gateway_on_budget_remove,
     .doc = "Removes a limit"},
    GET("/api/v1/budget-requests", viewer, gateway_on_read, "Requests for more tokens"),
    GET("/api/v1/control/holds", viewer, gateway_on_read, "Holds in force"),
    GET("/api/v1/control/triggers", viewer, gateway_on_read, "What triggers found, newest first"),
    GET("/api/v1/control/receipts", viewer, gateway_on_receipts, "Receipts of verbs, newest first"),
    GET("/api/v1/control/receipts/{id}", viewer, gateway_on_read_one, "One receipt"),
    GET("/api/v1/quarantine", viewer, gateway_on_quarantine, "Events that were not stored"),
    GET("/api/v1/flags", viewer, gateway_on_read, "Settings that can change at run time"),
    GET("/api/v1/audit", operator, gateway_on_read, "The audit log, newest first"),
    GET("/api/v1/services", viewer, gateway_on_services, "Which services are up"),
    GET("/api/v1/openapi.json", NONE, gateway_on_openapi, "This API as OpenAPI"),
    POST("/api/v1/auth/login", NONE, gateway_on_login, GATEWAY_LOGIN_BYTES_MAX, "Begins a session"),
    GET("/api/v1/auth/session", viewer, gateway_on_session, "The session in force"),
    POST("/api/v1/auth/logout", viewer, gateway_on_logout, 0, "Ends it"),
    POST("/api/v1/auth/passphrase", viewer, gateway_on_passphrase, GATEWAY_LOGIN_BYTES_MAX,
         "Changes one's own passphrase"),
    GET("/api/v1/keys", admin, gateway_on_keys, "API keys, newest first"),
    POST("/api/v1/keys", admin, gateway_on_key_new, GATEWAY_LOGIN_BYTES_MAX, "Makes an API key"),
    POST("/api/v1/run-keys", agent, gateway_on_run_key_new, GATEWAY_LOGIN_BYTES_MAX,
         "Makes a key for the model calls of one run"),
    {.method = "DELETE",
     .path = "/api/v1/keys/{id}",
     .role = MC_ROLE_admin,
     .call = gateway_on_key_revoke,
     .doc = "Takes an API key back"},
    GET("/api/v1/operators", admin, gateway_on_operators, "Who may log in, by name"),
    POST("/api/v1/operators", admin, gateway_on_operator_new, GATEWAY_LOGIN_BYTES_MAX,
         "Makes an operator"),
    {.method = "PATCH",
     .path = "/api/v1/operators/{name}",
     .role = MC_ROLE_admin,
     .call = gateway_on_operator_role,
     .body_bytes_max = GATEWAY_LOGIN_BYTES_MAX,
     .doc = "Gives an operator another role"},
    {.method = "DELETE",
     .path = "/api/v1/operators/{name}",
     .role = MC_ROLE_admin,
     .call = gateway_on_operator_remove,
     .doc = "Removes an operator"},
    GET("/*", NONE, gateway_on_asset, "The console"),
    {0},
};
