/*
 *  test_emitter - the event of an audit row, and rows that do not fit
 */
#include <criterion/criterion.h>

#include "common/ids.h"
#include "services/control/audit.h"
#include "services/control/emitter.h"

static mc_audit_entry_t
entry_of(int64_t id)
{
    mc_audit_entry_t entry = {0};
    mc_set(&entry, audit_entry, id, id);
    mc_set(&entry, audit_entry, timestamp, INT64_C(1700000000000000));
    mc_set(&entry, audit_entry, actor, MC_TEXT("tier2_lead"));
    mc_set(&entry, audit_entry, action, MC_TEXT("stage_started"));
    mc_set(&entry, audit_entry, target_id, MC_TEXT("t-1"));
    mc_set(&entry, audit_entry, details, MC_TEXT("status=executing"));
    return entry;
}

Test(emitter, makes_an_event_of_a_row)
{
    mc_audit_entry_t entry = entry_of(42);
    mc_agent_event_t event;
    mc_uuid_t uid = mc_uuid_of(MC_TEXT("audit:42"));
    control_emitter_make_event(&entry, true, &event);
    cr_expect_arr_eq(event.event_uid.bytes, uid.bytes, sizeof uid.bytes);
    cr_expect(mc_text_is(event.actor, "tier2_lead"));
    cr_expect(mc_text_is(event.action, "stage_started"));
    cr_expect(mc_text_is(event.task_id, "t-1"));
    cr_expect(mc_text_is(event.details, "status=executing"));
    cr_expect_eq(event.ts, entry.timestamp, "the time of the row, or a resend would be another");
}

Test(emitter, names_a_task_only_where_there_is_one)
{
    mc_audit_entry_t entry = entry_of(1);
    mc_agent_event_t event;
    control_emitter_make_event(&entry, false, &event);
    cr_expect_not(mc_has(&event, agent_event, task_id));
}

Test(emitter, gives_rows_ids_of_their_own)
{
    mc_audit_entry_t one = entry_of(1), two = entry_of(2);
    mc_agent_event_t first, second, again;
    control_emitter_make_event(&one, true, &first);
    control_emitter_make_event(&two, true, &second);
    control_emitter_make_event(&one, true, &again);
    cr_expect_neq(memcmp(&first.event_uid, &second.event_uid, sizeof first.event_uid), 0);
    cr_expect_eq(memcmp(&first.event_uid, &again.event_uid, sizeof first.event_uid), 0);
}

Test(audit, cuts_texts_between_characters)
{
    char actor[301], action[301];
    mc_audit_entry_t entry = entry_of(1);
    for (size_t i = 0; i < 300; i += 2)
        memcpy(actor + i, "é", 2);
    entry.actor = (mc_text_t){actor, 300};
    memmove(action + 1, actor, 300);
    action[0] = 'x';
    entry.action = (mc_text_t){action, 301};
    control_audit_fit(&entry);
    cr_expect_eq(entry.actor.size, 200);
    cr_expect_eq(entry.action.size, 199, "the character that would pass the bound is left out");
}

Test(audit, gives_empty_names_a_word)
{
    mc_audit_entry_t entry = entry_of(1);
    entry.actor = entry.action = entry.target_id = MC_TEXT("");
    control_audit_fit(&entry);
    cr_expect(mc_text_is(entry.actor, "unknown"));
    cr_expect(mc_text_is(entry.action, "unknown"));
    cr_expect_not(mc_has(&entry, audit_entry, target_id));
}
