/*
 *  test_run_tree - the descendants of a process, of real ones
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/missionctl/run_tree.h"

static const pid_t nobody[MISSIONCTL_TREE_EXEMPT];
static missionctl_tree_t tree;

static void
tear_down(void)
{
    missionctl_tree_clear(&tree);
}

TestSuite(run_tree, .fini = tear_down);

/* A child that waits, with one of its own that does; told when both are there. */
static pid_t
start_two(void)
{
    int line[2];
    char byte;
    cr_assert_eq(pipe(line), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            setsid();
        (void)!write(line[1], "x", 1);
        for (;;)
            pause();
    }
    cr_assert_eq(read(line[0], &byte, 1), 1);
    cr_assert_eq(read(line[0], &byte, 1), 1);
    close(line[0]);
    close(line[1]);
    return pid;
}

static void
kill_all(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    do {
        missionctl_tree_read(&tree, getpid(), nobody);
        for (size_t i = 0; i < tree.count; i++)
            missionctl_tree_signal(&tree.nodes[i], SIGKILL);
    } while (wait(NULL) > 0);
}

Test(run_tree, finds_children_of_children_and_leaves_out_the_exempt)
{
    pid_t pid = start_two();
    missionctl_tree_read(&tree, getpid(), nobody);
    cr_assert_eq(tree.count, 2);
    cr_assert_eq(tree.nodes[0].pid, pid);
    cr_assert_not(tree.is_still);
    missionctl_tree_read(&tree, getpid(), (pid_t[MISSIONCTL_TREE_EXEMPT]){pid});
    cr_assert_eq(tree.count, 1);
    cr_assert_neq(tree.nodes[0].pid, pid);
    kill_all();
}

Test(run_tree, is_still_when_all_have_stopped)
{
    int status = 0;
    pid_t pid = start_two();
    missionctl_tree_read(&tree, getpid(), nobody);
    missionctl_tree_signal(&tree.nodes[0], SIGSTOP);
    cr_assert_eq(waitpid(pid, &status, WUNTRACED), pid);
    missionctl_tree_read(&tree, getpid(), nobody);
    cr_assert(tree.nodes[0].is_stopped);
    cr_assert_not(tree.is_still, "the other goes on");
    do {
        for (size_t i = 0; i < tree.count; i++)
            missionctl_tree_signal(&tree.nodes[i], SIGSTOP);
        missionctl_tree_read(&tree, getpid(), nobody);
    } while (!tree.is_still);
    cr_assert_eq(tree.count, 2);
    kill_all();
}

/* The kernel keeps the parent of a vfork until the child executes something or ends, and stops it
 * only then. */
Test(run_tree, is_still_when_one_waits_for_its_vfork_to_go_on)
{
    int line[2];
    char byte;
    cr_assert_eq(pipe(line), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t child = (pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0)
            (void)!write(line[1], "x", 1);
        for (;;)
            pause();
    }
    cr_assert_eq(read(line[0], &byte, 1), 1);
    missionctl_tree_read(&tree, getpid(), nobody);
    cr_assert_eq(tree.count, 2);
    cr_assert_not(tree.nodes[0].is_stopped, "no stop was sent");
    missionctl_tree_signal(&tree.nodes[0], SIGSTOP);
    missionctl_tree_signal(&tree.nodes[1], SIGSTOP);
    do
        missionctl_tree_read(&tree, getpid(), nobody);
    while (!tree.is_still);
    cr_assert_eq(tree.count, 2);
    kill_all();
    close(line[0]);
    close(line[1]);
}

Test(run_tree, does_not_count_who_has_ended)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    missionctl_tree_read(&tree, getpid(), nobody);
    cr_assert_eq(tree.count, 0);
    cr_assert(tree.is_still);
    waitpid(pid, NULL, 0);
}

Test(run_tree, signals_nobody_who_only_has_the_number)
{
    pid_t pid = start_two();
    missionctl_tree_node_t stranger = {.pid = pid, .began = 1};
    missionctl_tree_signal(&stranger, SIGKILL);
    missionctl_tree_read(&tree, getpid(), nobody);
    cr_assert_eq(tree.count, 2);
    uint64_t sum = missionctl_tree_sum(&tree);
    kill_all();
    cr_assert_eq(tree.count, 0);
    cr_assert_neq(missionctl_tree_sum(&tree), sum);
}
