/*
 *  audit - reading the audit log
 */
#ifndef CONTROL_AUDIT_H
#define CONTROL_AUDIT_H

#include "proto/proto.h"

/* Makes what a row of the table holds fit the bounds of an entry: texts are cut between
 * characters, empty names get a word. */
void control_audit_fit(mc_audit_entry_t *entry);

#endif
