/*
 *  control_verbs - pause, resume, stop and restart from the command line, and their receipts
 */
#ifndef MISSIONCTL_CONTROL_VERBS_H
#define MISSIONCTL_CONTROL_VERBS_H

#include "api.h"

extern const missionctl_option_t missionctl_control_options[];

missionctl_command_fn missionctl_control_pause, missionctl_control_resume;
missionctl_command_fn missionctl_control_stop, missionctl_control_restart;

/* GETs one receipt; lent as the answer is. */
MC_CHECKED int missionctl_receipt_read(missionctl_api_t *api, mc_text_t id, mc_json_t *ret_receipt);
/* Its fields, and a table of its parts. */
void missionctl_receipt_print(mc_json_t receipt);

/* 90, 90s, 10m, 2h or 3d as seconds: 0 or -1. */
MC_CHECKED int missionctl_duration_read(const char *text, int64_t *ret_seconds);

#endif
