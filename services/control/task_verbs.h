/*
 *  task_verbs - the verbs of control and the states they work on
 */
#ifndef CONTROL_TASK_VERBS_H
#define CONTROL_TASK_VERBS_H

#include "proto/proto.h"
#include "services/control/task_verbs.def"

#define CONTROL_VERB_MEMBER(word, NAME, next, doc) CONTROL_VERB_##NAME,
typedef enum { CONTROL_VERBS(CONTROL_VERB_MEMBER) CONTROL_VERB_COUNT } control_verb_t;

/* Reads a word: 0, or MC_REFUSED naming the field and the words there are. */
MC_CHECKED int control_verb_read(mc_text_t word, const char *field, control_verb_t *ret_verb,
                                 mc_refusal_t *refusal);
const char *control_verb_word(control_verb_t verb);

/* The status it leads to, and whether it may start from one. */
mc_status_t control_verb_next(control_verb_t verb);
bool control_verb_takes(control_verb_t verb, mc_status_t status);

/* The words of the statuses it may start from, and the same as one text: "pending or executing". */
size_t control_verb_sources(control_verb_t verb, mc_text_t ret_words[MC_STATUS_UNKNOWN]);
#define CONTROL_VERB_SOURCES_SIZE 64
void control_verb_print_sources(control_verb_t verb, char ret_text[CONTROL_VERB_SOURCES_SIZE]);

#endif
