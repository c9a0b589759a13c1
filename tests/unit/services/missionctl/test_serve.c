/*
 *  test_serve - who gets which number where several services share a folder
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "services/missionctl/serve.h"

static missionctl_place_t place;

static void
make_folder(void)
{
    snprintf(place.var.text, sizeof place.var.text, "/tmp/mc-serve-XXXXXX");
    cr_assert(mkdtemp(place.var.text));
}

static void
remove_folder(void)
{
    missionctl_path_t run = missionctl_place_var(&place, "run");
    for (int number = 1; number <= MISSIONCTL_INSTANCES_MAX; number++)
        unlink(missionctl_place_var(&place, "run/ingest-%d.lock", number).text);
    unlink(missionctl_place_var(&place, "run/control-1.lock").text);
    cr_expect_eq(rmdir(run.text), 0);
    cr_expect_eq(rmdir(place.var.text), 0);
}

TestSuite(serve, .init = make_folder, .fini = remove_folder);

/* Another process that holds a number until it is killed. */
static pid_t
start_other(int expected)
{
    int ends[2];
    char number_text = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int number = 0;
        number_text = (char)(missionctl_serve_claim(&place, "ingest", &number) == 0 ? number : -1);
        _exit(write(ends[1], &number_text, 1) == 1 ? pause() : 1);
    }
    cr_assert_eq(read(ends[0], &number_text, 1), 1);
    cr_assert_eq(number_text, expected);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void
end_other(pid_t child)
{
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

static int
claim(const char *service)
{
    int number = 0;
    cr_assert_eq(missionctl_serve_claim(&place, service, &number), 0, "%s", mc_error());
    return number;
}

Test(serve, gives_each_the_lowest_number_that_is_free)
{
    pid_t first = start_other(1);
    pid_t second = start_other(2);
    cr_assert_eq(claim("ingest"), 3);
    cr_assert_eq(claim("control"), 1);
    end_other(first);
    end_other(second);
}

Test(serve, gives_the_number_of_one_that_was_killed_to_the_next)
{
    pid_t first = start_other(1);
    pid_t second = start_other(2);
    end_other(first);
    cr_assert_eq(claim("ingest"), 1);
    end_other(second);
}

Test(serve, refuses_when_all_numbers_are_held)
{
    int number;
    for (int i = 1; i <= MISSIONCTL_INSTANCES_MAX; i++)
        cr_assert_eq(claim("ingest"), i);
    cr_assert_eq(missionctl_serve_claim(&place, "ingest", &number), -1);
    cr_assert(strstr(mc_error(), "64 instances of ingest run on /tmp/mc-serve-"), "%s", mc_error());
}
