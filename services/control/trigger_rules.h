/*
 *  trigger_rules - what is too much: sums of the last minute, prompts that come again
 *
 *  Pure. Times are microseconds since 1970; what is older than the window when it
 *  comes does not count.
 */
#ifndef CONTROL_TRIGGER_RULES_H
#define CONTROL_TRIGGER_RULES_H

#include "proto/proto.h"
#include "services/control/triggers.def"

#define CONTROL_TRIGGER_MEMBER(name, NAME, setting, doc) CONTROL_TRIGGER_##NAME,
typedef enum { CONTROL_TRIGGERS(CONTROL_TRIGGER_MEMBER) CONTROL_TRIGGER_COUNT } control_trigger_t;

typedef enum {
    CONTROL_TRIGGER_OFF,
    CONTROL_TRIGGER_OBSERVE,
    CONTROL_TRIGGER_ENFORCE
} control_mode_t;

const char *control_trigger_name(control_trigger_t trigger);
/* CONTROL_TRIGGER_COUNT for a word that is none. */
control_trigger_t control_trigger_find(mc_text_t name);

/* Reads off, observe or enforce: 0 or -1. */
MC_CHECKED int control_mode_read(const char *word, control_mode_t *ret_mode);
const char *control_mode_word(control_mode_t mode);

#define CONTROL_MINUTE_US INT64_C(60000000)
#define CONTROL_MINUTE_SLOTS 12 /* of five seconds */

/* A sum over the last minute, to five seconds. Starts zeroed. */
typedef struct {
    int64_t newest; /* number of the newest slot, counted since 1970 */
    int64_t sums[CONTROL_MINUTE_SLOTS];
} control_minute_t;

void control_minute_add(control_minute_t *self, int64_t at_us, int64_t amount);
int64_t control_minute_sum(control_minute_t *self, int64_t now_us);

#define CONTROL_PROMPTS_MAX 32 /* different ones that are remembered of a run */
#define CONTROL_PROMPT_SLOTS 4 /* quarters of the window */

typedef struct {
    uint64_t hash;
    int64_t newest; /* number of its newest slot */
    int64_t seen_us;
    uint32_t counts[CONTROL_PROMPT_SLOTS];
    bool is_fired; /* until it was not seen for a window */
} control_prompt_t;

/* The prompts of one run. Starts zeroed; the one that was not seen for longest makes room. */
typedef struct {
    control_prompt_t items[CONTROL_PROMPTS_MAX];
    size_t count;
} control_prompts_t;

/* How often the prompt came within the window, this time included; 0 where that was said of it
 * already. window_us is at least CONTROL_PROMPT_SLOTS. */
int64_t control_prompts_take(control_prompts_t *self, uint64_t hash, int64_t at_us,
                             int64_t window_us);
/* It was said of the prompt. */
void control_prompts_fired(control_prompts_t *self, uint64_t hash);

/* The member "promptHash" of a payload, which is a number of 64 bits in hexadecimal. */
bool control_prompt_hash(mc_text_t payload, uint64_t *ret_hash);

#endif
