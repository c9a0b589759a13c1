/*
 *  audit - reading the audit log
 *
 *  Older emitters write straight into the table, so a row may hold what an entry
 *  may not: it is cut to fit, and shown without secrets. The row itself stays.
 */
#include "services/control/audit.h"

#include "proto/utf8.h"
#include "services/control/control_store.h"

#define NOBODY "unknown" /* in the place of a name that is empty */

static mc_text_t
fit(mc_text_t text, size_t index)
{
    return mc_utf8_cut(text, (size_t)mc_audit_entry_shape.fields[index].high);
}

void
control_audit_fit(mc_audit_entry_t *entry)
{
    entry->actor = fit(entry->actor, MC_INDEX_audit_entry_actor);
    entry->action = fit(entry->action, MC_INDEX_audit_entry_action);
    entry->target_id = fit(entry->target_id, MC_INDEX_audit_entry_target_id);
    entry->details = fit(entry->details, MC_INDEX_audit_entry_details);
    if (entry->actor.size == 0)
        mc_set(entry, audit_entry, actor, MC_TEXT(NOBODY));
    if (entry->action.size == 0)
        mc_set(entry, audit_entry, action, MC_TEXT(NOBODY));
    if (entry->target_id.size == 0)
        mc_unset(entry, audit_entry, target_id);
}

static void
on_entries(void *arg, const PGresult *result, const mc_refusal_t *refusal)
{
    mc_ask_t *ask = arg;
    mc_list_t entries;
    if (mc_ask_read(ask, result, refusal, &mc_audit_entry_shape, &entries) == -1)
        return;
    mc_audit_entry_t *entry = (mc_audit_entry_t *)entries.items;
    for (size_t i = 0; i < entries.count; i++) {
        entry[i].details = mc_ask_clean(ask, entry[i].details);
        control_audit_fit(&entry[i]);
    }
    mc_ask_answer(ask, &mc_audit_entry_shape, entries);
}

void
control_on_list_audit(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (ask)
        control_store_list_audit(control_of(ask), ask->input, on_entries, ask);
}

void
control_on_list_activity(void *state, mc_bus_request_t *request, mc_list_t records)
{
    mc_ask_t *ask = control_ask_new(state, request, records);
    if (ask)
        control_store_list_activity(control_of(ask), ask->input, on_entries, ask);
}
