/*
 *  test_confine - what a confined process may do, and what ends it
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/vault/confine.h"

#define FINE 7

static void *
answer(void *arg)
{
    return arg;
}

static int
make_a_thread(void)
{
    pthread_t thread;
    void *got = NULL;
    int value;
    if (pthread_create(&thread, NULL, answer, &value) || pthread_join(thread, &got))
        return -1;
    return got == &value ? 0 : -1;
}

static int
read_a_file(void)
{
    char bytes[4];
    int fd = open("/dev/urandom", O_RDONLY);
    return fd != -1 && read(fd, bytes, sizeof bytes) == sizeof bytes ? close(fd) : -1;
}

static int
make_sockets(void)
{
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int
name_a_thread(void)
{
    return prctl(PR_SET_NAME, "named");
}

static int
allow_dumps(void)
{
    return prctl(PR_SET_DUMPABLE, 1) == -1 && errno == EPERM ? 0 : -1;
}

static int
start_a_program(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int
make_a_process(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static int
trace_another(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
read_another(void)
{
    char bytes[4];
    struct iovec here = {bytes, sizeof bytes}, there = {bytes, sizeof bytes};
    return (int)process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static int
change_rights(void)
{
    return (int)syscall(SYS_setuid, getuid());
}

/* How a confined child ends that does it: FINE, 1 when it failed, or minus the signal. */
static int
end_of(int (*deed)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        if (vault_confine_calls_always() == -1)
            _exit(2);
        _exit(deed() == 0 ? FINE : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Test(confine, lets_a_process_do_its_work_and_ends_it_where_it_does_more)
{
    static const struct {
        const char *name;
        int (*deed)(void);
        int wanted;
    } rows[] = {
        {"make a thread", make_a_thread, FINE},      {"read a file", read_a_file, FINE},
        {"make sockets", make_sockets, FINE},        {"name a thread", name_a_thread, FINE},
        {"allow dumps", allow_dumps, FINE},          {"start a program", start_a_program, -SIGSYS},
        {"make a process", make_a_process, -SIGSYS}, {"trace another", trace_another, -SIGSYS},
        {"read another", read_another, -SIGSYS},     {"change rights", change_rights, -SIGSYS},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++)
        cr_expect_eq(end_of(rows[i].deed), rows[i].wanted, "%s", rows[i].name);
}
