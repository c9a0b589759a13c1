/*
 *  sieve - which frames of the live stream a client wants
 */
#include "sieve.h"

static const char *const kind_names[] = {"event",   "run",   "task",   "flags",
                                         "receipt", "holds", "budget", "budget_request"};

static uint64_t
hash_word(const gateway_hash_key_t *key, mc_text_t word)
{
    uint64_t hash;
    unsigned char digest[crypto_shorthash_BYTES];
    if (word.size == 0)
        return 0;
    crypto_shorthash(digest, (const unsigned char *)word.data, word.size, key->bytes);
    memcpy(&hash, digest, sizeof hash);
    return hash ? hash : 1;
}

void
gateway_traits_of_event(const gateway_hash_key_t *key, const mc_agent_event_t *event,
                        gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_EVENT,
        .tier = mc_has(event, agent_event, tier) ? (uint8_t)event->tier : 0,
        .ts = event->ts,
        .status = hash_word(key, event->status),
        .words =
            {
                [GATEWAY_TRAIT_ROOT] = hash_word(key, event->root_task_id),
                [GATEWAY_TRAIT_TASK] = hash_word(key, event->task_id),
                [GATEWAY_TRAIT_ACTOR] = hash_word(key, event->actor),
                [GATEWAY_TRAIT_RUN] = hash_word(key, event->run_id),
                [GATEWAY_TRAIT_PROVIDER] = hash_word(key, event->provider),
                [GATEWAY_TRAIT_MODEL] = hash_word(key, event->model_id),
                [GATEWAY_TRAIT_PERSONA] = hash_word(key, event->persona),
                [GATEWAY_TRAIT_SKILL] = hash_word(key, event->skill),
                [GATEWAY_TRAIT_ACTION] = hash_word(key, event->action),
                [GATEWAY_TRAIT_MCP_SERVER] = hash_word(key, event->mcp_server),
                [GATEWAY_TRAIT_MCP_TOOL] = hash_word(key, event->mcp_tool),
            },
    };
}

void
gateway_traits_of_run(const gateway_hash_key_t *key, const mc_agent_run_t *run,
                      gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_RUN,
        .tier = mc_has(run, agent_run, tier) ? (uint8_t)run->tier : 0,
        .words =
            {
                [GATEWAY_TRAIT_ROOT] = hash_word(key, run->root_task_id),
                [GATEWAY_TRAIT_TASK] = hash_word(key, run->task_id),
                [GATEWAY_TRAIT_ACTOR] = hash_word(key, run->actor),
                [GATEWAY_TRAIT_RUN] = hash_word(key, run->id),
                [GATEWAY_TRAIT_PROVIDER] = hash_word(key, run->provider),
                [GATEWAY_TRAIT_MODEL] = hash_word(key, run->model_id),
                [GATEWAY_TRAIT_PERSONA] = hash_word(key, run->persona),
                [GATEWAY_TRAIT_SKILL] = hash_word(key, run->skill),
            },
    };
}

void
gateway_traits_of_task(const gateway_hash_key_t *key, const mc_task_t *task,
                       gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_TASK,
        .tier = (uint8_t)task->tier,
        .words =
            {
                [GATEWAY_TRAIT_ROOT] = hash_word(key, task->root_task_id),
                [GATEWAY_TRAIT_TASK] = hash_word(key, task->id),
            },
    };
}

void
gateway_traits_of_receipt(const gateway_hash_key_t *key, const mc_control_receipt_t *receipt,
                          gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_RECEIPT,
        .words = {[GATEWAY_TRAIT_ROOT] = hash_word(key, receipt->root_task_id)},
    };
}

void
gateway_traits_of_budget(const gateway_hash_key_t *key, const mc_budget_t *budget,
                         gateway_traits_t *ret_traits)
{
    bool is_task = mc_text_is(budget->scope_type, "task");
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_BUDGET,
        .words = {[GATEWAY_TRAIT_ROOT] = hash_word(key, budget->root_task_id),
                  [GATEWAY_TRAIT_TASK] = is_task ? hash_word(key, budget->scope_id) : 0},
    };
}

void
gateway_traits_of_budget_request(const gateway_hash_key_t *key, const mc_budget_request_t *request,
                                 gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_BUDGET_REQUEST,
        .words = {[GATEWAY_TRAIT_ROOT] = hash_word(key, request->root_task_id),
                  [GATEWAY_TRAIT_TASK] = hash_word(key, request->task_id)},
    };
}

void
gateway_traits_of_move(const gateway_hash_key_t *key, const mc_run_move_t *move,
                       gateway_traits_t *ret_traits)
{
    *ret_traits = (gateway_traits_t){
        .kind = GATEWAY_FRAME_MOVE,
        .words = {[GATEWAY_TRAIT_ROOT] = hash_word(key, move->root_task_id),
                  [GATEWAY_TRAIT_RUN] = hash_word(key, move->run_id)},
    };
}

/* The next word before a comma; false at the end. */
static bool
next_word(mc_text_t *rest, mc_text_t *ret_word)
{
    if (rest->size == 0)
        return false;
    const char *comma = memchr(rest->data, ',', rest->size);
    size_t size = comma ? (size_t)(comma - rest->data) : rest->size;
    size_t used = comma ? size + 1 : size;
    *ret_word = (mc_text_t){rest->data, size};
    *rest = (mc_text_t){rest->data + used, rest->size - used};
    while (ret_word->size && ret_word->data[0] == ' ')
        *ret_word = (mc_text_t){ret_word->data + 1, ret_word->size - 1};
    while (ret_word->size && ret_word->data[ret_word->size - 1] == ' ')
        ret_word->size--;
    return true;
}

int
gateway_sieve_kinds(mc_text_t kinds, gateway_sieve_t *sieve, mc_refusal_t *refusal)
{
    mc_text_t rest =
        kinds.size ? kinds : MC_TEXT("event,run,task,flags,receipt,holds,budget,budget_request");
    mc_text_t word;
    while (next_word(&rest, &word)) {
        size_t kind = 0;
        while (kind < GATEWAY_FRAME_KINDS && !mc_text_is(word, kind_names[kind]))
            kind++;
        if (kind == GATEWAY_FRAME_KINDS)
            return mc_refuse(refusal, MC_BAD_INPUT_ERROR, "kinds",
                             "kinds are event, run, task, flags, receipt, holds, budget and"
                             " budget_request, not %.*s",
                             word.size > 64 ? 64 : (int)word.size, word.data);
        sieve->kinds[kind] = true;
    }
    return 0;
}

/* Reads one letter of UTF-8, which was checked when it came in. */
static size_t
read_letter(const unsigned char *at, size_t left, uint32_t *ret_letter)
{
    size_t size = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    if (size == 1 || size > left) {
        *ret_letter = *at;
        return 1;
    }
    uint32_t letter = *at & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        letter = letter << 6 | (at[i] & 0x3f);
    *ret_letter = letter;
    return size;
}

static size_t
write_letter(uint32_t letter, char *room)
{
    if (letter < 0x80) {
        room[0] = (char)letter;
        return 1;
    }
    size_t size = letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, letter >>= 6)
        room[i] = (char)(0x80 | (letter & 0x3f));
    room[0] = (char)((0xf00u >> size) | letter);
    return size;
}

/* Lower case of the alphabets that have cases; independent of the process's locale. */
static uint32_t
lower_letter(uint32_t letter)
{
    if (letter < 0x80)
        return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
    if ((letter >= 0xc0 && letter <= 0xde && letter != 0xd7) ||
        (letter >= 0x391 && letter <= 0x3a9) || (letter >= 0x410 && letter <= 0x42f))
        return letter + 32;
    if (letter >= 0x400 && letter <= 0x40f)
        return letter + 80;
    if (letter >= 0x100 && letter <= 0x177 && letter != 0x130 && letter != 0x131 &&
        !(letter >= 0x138 && letter <= 0x148))
        return letter | 1;
    return letter;
}

mc_text_t
gateway_fold(mc_text_t text, mc_arena_t *arena)
{
    char *folded = mc_arena_alloc(arena, text.size + 4);
    size_t at = 0, size = 0;
    while (at < text.size) {
        uint32_t letter;
        at += read_letter((const unsigned char *)text.data + at, text.size - at, &letter);
        size += write_letter(lower_letter(letter), folded + size);
    }
    return (mc_text_t){folded, size};
}

/* Is the folded needle at the start of the text, whatever its case? */
static bool
starts_with(const unsigned char *at, size_t left, mc_text_t needle)
{
    size_t matched = 0;
    while (matched < needle.size && left > 0) {
        uint32_t letter;
        char lower[4];
        size_t used = read_letter(at, left, &letter);
        size_t size = write_letter(lower_letter(letter), lower);
        if (size > needle.size - matched || memcmp(lower, needle.data + matched, size))
            return false;
        matched += size;
        at += used;
        left -= used;
    }
    return matched == needle.size;
}

static bool
contains(mc_text_t text, mc_text_t needle)
{
    for (size_t at = 0; at + 1 <= text.size; at++)
        if (starts_with((const unsigned char *)text.data + at, text.size - at, needle))
            return true;
    return false;
}

static void
take_statuses(gateway_sieve_t *sieve, mc_text_t statuses)
{
    mc_text_t word;
    while (next_word(&statuses, &word) && sieve->status_count < GATEWAY_STATUS_WORDS_MAX)
        sieve->statuses[sieve->status_count++] = hash_word(&sieve->key, word);
}

void
gateway_sieve_make(gateway_sieve_t *sieve, const gateway_hash_key_t *key,
                   const mc_event_query_t *query, mc_arena_t *arena)
{
    const mc_text_t words[GATEWAY_TRAIT_COUNT] = {
        [GATEWAY_TRAIT_ROOT] = query->root_task_id, [GATEWAY_TRAIT_TASK] = query->task_id,
        [GATEWAY_TRAIT_ACTOR] = query->actor,       [GATEWAY_TRAIT_RUN] = query->run_id,
        [GATEWAY_TRAIT_PROVIDER] = query->provider, [GATEWAY_TRAIT_MODEL] = query->model_id,
        [GATEWAY_TRAIT_PERSONA] = query->persona,   [GATEWAY_TRAIT_SKILL] = query->skill,
        [GATEWAY_TRAIT_ACTION] = query->action,     [GATEWAY_TRAIT_MCP_SERVER] = query->mcp_server,
        [GATEWAY_TRAIT_MCP_TOOL] = query->mcp_tool,
    };
    sieve->key = *key;
    for (size_t i = 0; i < GATEWAY_TRAIT_COUNT; i++)
        sieve->words[i] = hash_word(key, words[i]);
    sieve->tier = mc_has(query, event_query, tier) ? (uint8_t)query->tier : 0;
    sieve->since = mc_has(query, event_query, since) ? query->since : 0;
    sieve->until = mc_has(query, event_query, until) ? query->until : 0;
    if (mc_has(query, event_query, status))
        take_statuses(sieve, query->status);
    if (mc_has(query, event_query, text))
        sieve->search = gateway_fold(query->text, arena);
}

static bool
has_status(const gateway_sieve_t *sieve, uint64_t status)
{
    for (size_t i = 0; i < sieve->status_count; i++)
        if (sieve->statuses[i] == status)
            return true;
    return sieve->status_count == 0;
}

static bool
fits_words(const gateway_sieve_t *sieve, const gateway_traits_t *traits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sieve->words[i] && sieve->words[i] != traits->words[i])
            return false;
    return !sieve->tier || sieve->tier == traits->tier;
}

static bool
fits_event(const gateway_sieve_t *sieve, const gateway_traits_t *traits, mc_text_t searched)
{
    return fits_words(sieve, traits, GATEWAY_TRAIT_COUNT) && has_status(sieve, traits->status) &&
           traits->ts >= sieve->since && (!sieve->until || traits->ts < sieve->until) &&
           (!sieve->search.size || contains(searched, sieve->search));
}

static bool
fits_move(const gateway_sieve_t *sieve, const gateway_traits_t *traits)
{
    uint64_t root = sieve->words[GATEWAY_TRAIT_ROOT], run = sieve->words[GATEWAY_TRAIT_RUN];
    uint64_t moved = traits->words[GATEWAY_TRAIT_RUN]; /* 0: all of the root */
    return sieve->kinds[GATEWAY_FRAME_RUN] &&
           (!root || root == traits->words[GATEWAY_TRAIT_ROOT]) && (!run || !moved || run == moved);
}

/* Only where they are: tiers and actors have nothing to do with them. */
static bool
fits_place(const gateway_sieve_t *sieve, const gateway_traits_t *traits)
{
    uint64_t root = sieve->words[GATEWAY_TRAIT_ROOT], task = sieve->words[GATEWAY_TRAIT_TASK];
    return (!root || root == traits->words[GATEWAY_TRAIT_ROOT]) &&
           (!task || task == traits->words[GATEWAY_TRAIT_TASK]);
}

bool
gateway_sieve_passes(const gateway_sieve_t *sieve, const gateway_traits_t *traits,
                     mc_text_t searched)
{
    if (traits->kind == GATEWAY_FRAME_MOVE)
        return fits_move(sieve, traits);
    if (!sieve->kinds[traits->kind])
        return false;
    switch (traits->kind) {
    case GATEWAY_FRAME_EVENT:
        return fits_event(sieve, traits, searched);
    case GATEWAY_FRAME_RUN:
        return fits_words(sieve, traits, GATEWAY_TRAIT_ACTION);
    case GATEWAY_FRAME_TASK:
        return fits_words(sieve, traits, GATEWAY_TRAIT_ACTOR);
    case GATEWAY_FRAME_BUDGET:
    case GATEWAY_FRAME_BUDGET_REQUEST:
        return fits_place(sieve, traits);
    case GATEWAY_FRAME_RECEIPT: /* one on all trees is for all who look at one */
        return !sieve->words[GATEWAY_TRAIT_ROOT] || !traits->words[GATEWAY_TRAIT_ROOT] ||
               sieve->words[GATEWAY_TRAIT_ROOT] == traits->words[GATEWAY_TRAIT_ROOT];
    default:
        return true;
    }
}
