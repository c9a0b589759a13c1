/*
 *  registry_take - members of JSON objects, checked, with the path of what is wrong
 */
#include <inttypes.h>
#include <stdio.h>

#include "services/router/registry_config.h"

router_path_t
router_config_path(const char *above, int index, const char *name)
{
    router_path_t path;
    char place[16] = "";
    if (index >= 0)
        snprintf(place, sizeof place, "[%d]", index);
    snprintf(path.text, sizeof path.text, "%s%s%s%s", above, place,
             name && (above[0] || index >= 0) ? "." : "", name ? name : "");
    return path;
}

int
router_config_refuse_kind(const char *path, const char *wanted, mc_json_t value,
                          mc_refusal_t *refusal)
{
    static const char *const kinds[] = {
        [MC_JSON_NULL] = "null",        [MC_JSON_BOOL] = "a boolean",
        [MC_JSON_INTEGER] = "a number", [MC_JSON_UNSIGNED] = "a number",
        [MC_JSON_DOUBLE] = "a number",  [MC_JSON_STRING] = "a text",
        [MC_JSON_ARRAY] = "an array",   [MC_JSON_OBJECT] = "an object",
    };
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, path, "%s must be %s, not %s",
                     path[0] ? path : "the file", wanted, kinds[mc_json_kind(value)]);
}

static bool
find_member(mc_json_t object, const char *name, mc_json_t *ret_value)
{
    return mc_json_find(object, name, ret_value) && mc_json_kind(*ret_value) != MC_JSON_NULL;
}

int
router_take_text(mc_json_t object, const char *path, const char *name, size_t max,
                 mc_arena_t *arena, mc_text_t *ret_text, mc_refusal_t *refusal)
{
    mc_json_t value;
    if (!find_member(object, name, &value))
        return 0;
    router_path_t where = router_config_path(path, -1, name);
    if (mc_json_kind(value) != MC_JSON_STRING)
        return router_config_refuse_kind(where.text, "a text", value, refusal);
    mc_text_t text = mc_json_text(value);
    bool has_control = false;
    for (size_t i = 0; i < text.size; i++)
        has_control = has_control || (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f;
    if (!text.size || text.size > max || has_control)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text,
                         "%s must be a text of 1 to %zu bytes without control bytes, not one of "
                         "%zu",
                         where.text, max, text.size);
    *ret_text = mc_arena_text(arena, text);
    return 0;
}

int
router_take_integer(mc_json_t object, const char *path, const char *name, const int64_t range[2],
                    int64_t *ret_value, mc_refusal_t *refusal)
{
    mc_json_t value;
    if (!find_member(object, name, &value))
        return 0;
    router_path_t where = router_config_path(path, -1, name);
    if (mc_json_kind(value) != MC_JSON_INTEGER)
        return router_config_refuse_kind(where.text, "an integer", value, refusal);
    int64_t number = mc_json_i64(value);
    if (number < range[0] || number > range[1])
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text,
                         "%s must be %" PRId64 " to %" PRId64 ", not %" PRId64, where.text,
                         range[0], range[1], number);
    *ret_value = number;
    return 0;
}

int
router_take_number(mc_json_t object, const char *path, const char *name, const double range[2],
                   double *ret_value, bool *ret_has, mc_refusal_t *refusal)
{
    mc_json_t value;
    if (!find_member(object, name, &value))
        return 0;
    router_path_t where = router_config_path(path, -1, name);
    mc_json_kind_t kind = mc_json_kind(value);
    if (kind != MC_JSON_INTEGER && kind != MC_JSON_UNSIGNED && kind != MC_JSON_DOUBLE)
        return router_config_refuse_kind(where.text, "a number", value, refusal);
    double number = mc_json_f64(value);
    if (!(number >= range[0] && number <= range[1]))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, where.text, "%s must be %g to %g, not %g",
                         where.text, range[0], range[1], number);
    *ret_value = number;
    *ret_has = true;
    return 0;
}

int
router_take_bool(mc_json_t object, const char *path, const char *name, bool *ret_value,
                 mc_refusal_t *refusal)
{
    mc_json_t value;
    if (!find_member(object, name, &value))
        return 0;
    if (mc_json_kind(value) != MC_JSON_BOOL)
        return router_config_refuse_kind(router_config_path(path, -1, name).text, "true or false",
                                         value, refusal);
    *ret_value = mc_json_bool(value);
    return 0;
}
