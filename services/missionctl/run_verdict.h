/*
 *  run_verdict - what the platform wants of a run, as the control stream tells it
 *
 *      event: hold
 *      data: {"runId", "epoch", "receiptId", "verdict", "mode", "reason", "graceSeconds", "until"}
 */
#ifndef MISSIONCTL_RUN_VERDICT_H
#define MISSIONCTL_RUN_VERDICT_H

#include "common/json.h"

#define MISSIONCTL_RECEIPT_BYTES_MAX 128
#define MISSIONCTL_REASON_BYTES_MAX 512

#define MISSIONCTL_VERDICTS(ROW)                                                                   \
    ROW(GO, "run")                                                                                 \
    ROW(PAUSE, "pause")                                                                            \
    ROW(STOP, "stop")                                                                              \
    ROW(RESTART, "restart")

/* What a pause does to the processes, and to their way out.
 *   (name, word, freezes, closes the way out) */
#define MISSIONCTL_MODES(ROW)                                                                      \
    ROW(BOUNDARY, "boundary", false, false)                                                        \
    ROW(NOW, "now", true, false)                                                                   \
    ROW(DRAIN, "drain", false, false)                                                              \
    ROW(QUARANTINE, "quarantine", false, true)

typedef enum {
#define MISSIONCTL_VERDICT_MEMBER(NAME, word) MISSIONCTL_VERDICT_##NAME,
    MISSIONCTL_VERDICTS(MISSIONCTL_VERDICT_MEMBER)
} missionctl_verdict_kind_t;

typedef enum {
#define MISSIONCTL_MODE_MEMBER(NAME, ...) MISSIONCTL_MODE_##NAME,
    MISSIONCTL_MODES(MISSIONCTL_MODE_MEMBER)
} missionctl_mode_t;

typedef struct {
    missionctl_verdict_kind_t kind;
    missionctl_mode_t mode; /* of a pause */
    int64_t epoch;
    char receipt_id[MISSIONCTL_RECEIPT_BYTES_MAX]; /* empty: none asks for an acknowledgement */
    char reason[MISSIONCTL_REASON_BYTES_MAX];
    int64_t grace_s;  /* of a stop; -1: not said */
    int64_t until_us; /* of a pause; 0: no limit */
    bool is_stop_at_end;
} missionctl_verdict_t;

/* Reads the data of a frame. Returns 0, or -1 with what is wrong with it. */
MC_CHECKED int missionctl_verdict_read(mc_json_t data, const char *run_id,
                                       missionctl_verdict_t *ret_verdict);

const char *missionctl_verdict_name(missionctl_verdict_kind_t kind);
const char *missionctl_mode_name(missionctl_mode_t mode);
bool missionctl_mode_freezes(missionctl_mode_t mode);
bool missionctl_mode_closes(missionctl_mode_t mode);

/* It stands for the same change as another: nothing new is to be done. */
bool missionctl_verdict_is_same(const missionctl_verdict_t *self,
                                const missionctl_verdict_t *other);

#endif
