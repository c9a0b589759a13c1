/*
 *  redact_rule - every rule by which something is masked, under one number
 */
#include "redact_rule.h"

#define SHAPE_ROW(rule, group, text, shape, proof, miss)                                           \
    {.id = #rule,                                                                                  \
     .family = #group,                                                                             \
     .literal = (text),                                                                            \
     .pattern = (shape),                                                                           \
     .check = MC_REDACT_##proof,                                                                   \
     .near_miss = (miss)},

const mc_redact_shape_t mc_redact_shapes[] = {MC_REDACT_RULES(SHAPE_ROW)};

#define PLACE_ID(id, doc) #id,

static const char *const place_ids[] = {MC_REDACT_PLACES(PLACE_ID)};

const char *
mc_redact_rule_id(size_t rule)
{
    assert(rule < MC_REDACT_BUILT_IN);
    if (rule < MC_REDACT_SHAPES)
        return mc_redact_shapes[rule].id;
    return place_ids[rule - MC_REDACT_SHAPES];
}
