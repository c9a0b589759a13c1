/*
 *  test_output - what a person reads: lines of events, logs, and where secrets may go
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "services/missionctl/event_line.h"
#include "services/missionctl/http.h"
#include "services/missionctl/log_file.h"

static void
expect_line(const mc_agent_event_t *event, bool has_colours, const char *wanted)
{
    mc_buffer_t out = {0};
    missionctl_event_line(event, has_colours, &out);
    mc_buffer_byte(&out, '\0');
    cr_assert_str_eq(out.data, wanted);
    mc_buffer_clear(&out);
}

Test(output, shows_an_event_on_one_line)
{
    setenv("TZ", "UTC", 1);
    mc_agent_event_t event = {0};
    mc_set(&event, agent_event, ts, INT64_C(1700000000123456));
    mc_set(&event, agent_event, actor, MC_TEXT("lead"));
    mc_set(&event, agent_event, action, MC_TEXT("llm.call"));
    mc_set(&event, agent_event, status, MC_TEXT("completed"));
    expect_line(&event, false, "22:13:20.123 -- lead  llm.call  completed\n");
    mc_set(&event, agent_event, tier, 2);
    mc_set(&event, agent_event, provider, MC_TEXT("openai"));
    mc_set(&event, agent_event, model_id, MC_TEXT("gpt"));
    mc_set(&event, agent_event, tokens_in, 12);
    mc_set(&event, agent_event, tokens_out, 3);
    mc_set(&event, agent_event, cost_usd, INT64_C(1230000));
    mc_set(&event, agent_event, latency_ms, 340);
    mc_set(&event, agent_event, message, MC_TEXT("two\nlines \x1b[2J"));
    expect_line(&event, true,
                "22:13:20.123 T2 lead  llm.call  \033[32mcompleted\033[0m openai/gpt 12>3 $0.0012 "
                "340ms  two lines  [2J\n");
}

Test(output, knows_which_urls_are_of_this_machine)
{
    static const char *const ours[] = {"http://127.0.0.1:8080", "http://localhost",
                                       "https://[::1]:1/x", "http://127.0.0.1/"};
    static const char *const others[] = {
        "http://127.0.0.1.example.org", "http://localhost.evil", "http://x@127.0.0.1",
        "http://127.0.0.1@evil.org",    "http://10.0.0.1",       "http://evil/127.0.0.1"};
    for (size_t i = 0; i < MC_COUNT(ours); i++)
        cr_assert(missionctl_url_is_loopback(ours[i]), "%s", ours[i]);
    for (size_t i = 0; i < MC_COUNT(others); i++)
        cr_assert_not(missionctl_url_is_loopback(others[i]), "%s", others[i]);
}

Test(output, keeps_logs_bounded_and_knows_the_last_line)
{
    char folder[] = "/tmp/mc-test-log-XXXXXX";
    char command[128];
    cr_assert(mkdtemp(folder));
    missionctl_path_t path = missionctl_path("%s/x.log", folder);
    missionctl_log_file_t log;
    struct stat status;
    char *block = malloc(1 << 20);
    memset(block, 'x', 1 << 20);
    block[(1 << 20) - 1] = '\n';
    cr_assert_eq(missionctl_log_file_init(&log, path.text), 0);
    for (int i = 0; i < 40; i++)
        missionctl_log_file_write(&log, (mc_text_t){block, 1 << 20});
    missionctl_log_file_write(&log, MC_TEXT("half a "));
    missionctl_log_file_write(&log, MC_TEXT("line\nand"));
    cr_assert_str_eq(log.last_line, "half a line");
    cr_assert_eq(log.lost, 0);
    missionctl_log_file_clear(&log);

    off_t total = 0;
    for (int i = 0; i <= MISSIONCTL_LOG_FILES; i++) {
        missionctl_path_t one = i ? missionctl_path("%s.%d", path.text, i) : path;
        if (stat(one.text, &status) == 0)
            total += status.st_size;
    }
    cr_assert_leq((size_t)total, MISSIONCTL_LOG_FILES * MISSIONCTL_LOG_BYTES_MAX);
    cr_assert_geq((size_t)total, (MISSIONCTL_LOG_FILES - 1) * MISSIONCTL_LOG_BYTES_MAX);
    free(block);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}
