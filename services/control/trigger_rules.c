/*
 *  trigger_rules - what is too much: sums of the last minute, prompts that come again
 */
#include "services/control/trigger_rules.h"

#include "common/error.h"

#define SLOT_US (CONTROL_MINUTE_US / CONTROL_MINUTE_SLOTS)
#define HASH_DIGITS 16

#define NAME(name, NAME, setting, doc) #name,
static const char *const names[] = {CONTROL_TRIGGERS(NAME)};

static const char *const modes[] = {"off", "observe", "enforce"};

const char *
control_trigger_name(control_trigger_t trigger)
{
    return names[trigger];
}

control_trigger_t
control_trigger_find(mc_text_t name)
{
    size_t i = 0;
    while (i < CONTROL_TRIGGER_COUNT && !mc_text_is(name, names[i]))
        i++;
    return (control_trigger_t)i;
}

int
control_mode_read(const char *word, control_mode_t *ret_mode)
{
    for (size_t i = 0; i < MC_COUNT(modes); i++)
        if (!strcmp(word, modes[i])) {
            *ret_mode = (control_mode_t)i;
            return 0;
        }
    return mc_fail("\"%.16s\" is not off, observe or enforce", word);
}

const char *
control_mode_word(control_mode_t mode)
{
    return modes[mode];
}

/* Moves to that slot; those in between were empty. */
static void
move_to(control_minute_t *self, int64_t slot)
{
    if (slot <= self->newest)
        return;
    int64_t steps = slot - self->newest;
    for (int64_t i = 1; i <= steps && i <= CONTROL_MINUTE_SLOTS; i++)
        self->sums[(self->newest + i) % CONTROL_MINUTE_SLOTS] = 0;
    if (steps > CONTROL_MINUTE_SLOTS)
        memset(self->sums, 0, sizeof self->sums);
    self->newest = slot;
}

void
control_minute_add(control_minute_t *self, int64_t at_us, int64_t amount)
{
    int64_t slot = at_us / SLOT_US;
    move_to(self, slot);
    if (slot > self->newest - CONTROL_MINUTE_SLOTS)
        self->sums[slot % CONTROL_MINUTE_SLOTS] += amount;
}

int64_t
control_minute_sum(control_minute_t *self, int64_t now_us)
{
    int64_t sum = 0;
    move_to(self, now_us / SLOT_US);
    for (size_t i = 0; i < CONTROL_MINUTE_SLOTS; i++)
        sum += self->sums[i];
    return sum;
}

static control_prompt_t *
find_prompt(control_prompts_t *self, uint64_t hash)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->items[i].hash == hash)
            return &self->items[i];
    return NULL;
}

static control_prompt_t *
add_prompt(control_prompts_t *self, uint64_t hash)
{
    control_prompt_t *oldest = &self->items[0];
    if (self->count < CONTROL_PROMPTS_MAX) {
        oldest = &self->items[self->count++];
    } else {
        for (size_t i = 1; i < self->count; i++)
            if (self->items[i].seen_us < oldest->seen_us)
                oldest = &self->items[i];
    }
    *oldest = (control_prompt_t){.hash = hash};
    return oldest;
}

int64_t
control_prompts_take(control_prompts_t *self, uint64_t hash, int64_t at_us, int64_t window_us)
{
    int64_t slot = at_us / (window_us / CONTROL_PROMPT_SLOTS), count = 0;
    control_prompt_t *prompt = find_prompt(self, hash);
    if (!prompt)
        prompt = add_prompt(self, hash);
    if (slot <= prompt->newest - CONTROL_PROMPT_SLOTS)
        return 0;
    if (slot - prompt->newest >= CONTROL_PROMPT_SLOTS) {
        memset(prompt->counts, 0, sizeof prompt->counts);
        prompt->is_fired = false;
        prompt->newest = slot;
    }
    while (prompt->newest < slot)
        prompt->counts[++prompt->newest % CONTROL_PROMPT_SLOTS] = 0;
    prompt->counts[slot % CONTROL_PROMPT_SLOTS]++;
    prompt->seen_us = at_us > prompt->seen_us ? at_us : prompt->seen_us;
    for (size_t i = 0; i < CONTROL_PROMPT_SLOTS; i++)
        count += prompt->counts[i];
    return prompt->is_fired ? 0 : count;
}

void
control_prompts_fired(control_prompts_t *self, uint64_t hash)
{
    control_prompt_t *prompt = find_prompt(self, hash);
    if (prompt)
        prompt->is_fired = true;
}

static int
digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool
control_prompt_hash(mc_text_t payload, uint64_t *ret_hash)
{
    static const char name[] = "\"promptHash\":\"";
    const size_t size = sizeof name - 1;
    const char *at = payload.size ? memmem(payload.data, payload.size, name, size) : NULL;
    uint64_t hash = 0;
    if (!at || (size_t)(payload.data + payload.size - at) < size + HASH_DIGITS + 1 ||
        at[size + HASH_DIGITS] != '"')
        return false;
    for (size_t i = 0; i < HASH_DIGITS; i++) {
        int digit = digit_of(at[size + i]);
        if (digit == -1)
            return false;
        hash = hash << 4 | (uint64_t)digit;
    }
    *ret_hash = hash;
    return true;
}
