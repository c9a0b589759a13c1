/*
 *  process - programs that missionctl starts
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

#define OUTPUT_BYTES_MAX 65536

int
missionctl_user_become(const missionctl_user_t *user)
{
    if (!user->is_other)
        return 0;
    if (initgroups(user->name, user->gid) == -1 || setgid(user->gid) == -1 ||
        setuid(user->uid) == -1)
        return mc_fail_errno("becoming the user %s", user->name);
    return 0;
}

void
missionctl_process_reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
}

int
missionctl_process_exit_code(int wait_status)
{
    if (WIFSIGNALED(wait_status))
        return 128 + WTERMSIG(wait_status);
    return WEXITSTATUS(wait_status);
}

static void
become_tool(const char *const *argv, const missionctl_user_t *user, int output)
{
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    missionctl_process_reset_signals();
    if (chdir("/") == -1 || missionctl_user_become(user) == -1) {
        dprintf(STDERR_FILENO, "%s\n", mc_error());
        _exit(126);
    }
    execv(argv[0], (char *const *)argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void
collect_output(int fd, mc_buffer_t *out)
{
    char piece[4096];
    ssize_t size;
    while ((size = read(fd, piece, sizeof piece)) > 0 || (size == -1 && errno == EINTR))
        if (size > 0 && out->size < OUTPUT_BYTES_MAX)
            mc_buffer_append(out, piece, (size_t)size);
}

static mc_text_t
last_line(mc_text_t text)
{
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == ' '))
        text.size--;
    const char *newline = text.size ? memrchr(text.data, '\n', text.size) : NULL;
    if (!newline)
        return text;
    return (mc_text_t){newline + 1, text.size - (size_t)(newline + 1 - text.data)};
}

int
missionctl_process_run(const char *const *argv, const missionctl_user_t *user, mc_buffer_t *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return mc_fail_errno("making a pipe");
    pid_t pid = fork();
    if (pid == 0)
        become_tool(argv, user, ends[1]);
    close(ends[1]);
    if (pid > 0)
        collect_output(ends[0], out);
    close(ends[0]);
    if (pid == -1)
        return mc_fail_errno("starting %s", argv[0]);

    int status = 0;
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (status == 0)
        return 0;
    mc_text_t reason = last_line(mc_buffer_content(out));
    return mc_fail("%s ended with %d: %.*s", argv[0], missionctl_process_exit_code(status),
                   MC_FMT(reason));
}
