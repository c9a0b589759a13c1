/*
 *  task_verbs - the verbs of control and the states they work on
 */
#include "services/control/task_verbs.h"

#include <stdio.h>

typedef struct {
    const char *word;
    mc_status_t next;
} verb_row_t;

#define ROW(word, NAME, next, doc) [CONTROL_VERB_##NAME] = {#word, MC_STATUS_##next},
static const verb_row_t rows[] = {CONTROL_VERBS(ROW)};

#define TAKES(verb, status) [CONTROL_VERB_##verb][MC_STATUS_##status] = true,
static const bool transitions[CONTROL_VERB_COUNT][MC_STATUS_UNKNOWN] = {CONTROL_TRANSITIONS(TAKES)};

int
control_verb_read(mc_text_t word, const char *field, control_verb_t *ret_verb,
                  mc_refusal_t *refusal)
{
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        if (mc_text_is(word, rows[i].word)) {
            *ret_verb = (control_verb_t)i;
            return 0;
        }
    if (word.size == 0)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field,
                         "%s is missing: pause, resume, stop or restart", field);
    return mc_refuse(refusal, MC_BAD_INPUT_ERROR, field,
                     "%s is \"%.*s\", not pause, resume, stop or restart", field, MC_FMT(word));
}

const char *
control_verb_word(control_verb_t verb)
{
    return rows[verb].word;
}

mc_status_t
control_verb_next(control_verb_t verb)
{
    return rows[verb].next;
}

bool
control_verb_takes(control_verb_t verb, mc_status_t status)
{
    return status < MC_STATUS_UNKNOWN && transitions[verb][status];
}

size_t
control_verb_sources(control_verb_t verb, mc_text_t ret_words[MC_STATUS_UNKNOWN])
{
    size_t count = 0;
    for (int status = 0; status < MC_STATUS_UNKNOWN; status++)
        if (control_verb_takes(verb, (mc_status_t)status))
            ret_words[count++] = mc_text(mc_status_word((mc_status_t)status));
    return count;
}

void
control_verb_print_sources(control_verb_t verb, char ret_text[CONTROL_VERB_SOURCES_SIZE])
{
    mc_text_t words[MC_STATUS_UNKNOWN];
    size_t count = control_verb_sources(verb, words);
    int size = 0;
    for (size_t i = 0; i < count; i++) {
        const char *link = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        size += snprintf(ret_text + size, CONTROL_VERB_SOURCES_SIZE - (size_t)size, "%s%.*s", link,
                         MC_FMT(words[i]));
    }
}
