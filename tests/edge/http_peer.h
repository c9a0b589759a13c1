/*
 *  http_peer - two services of http_service, and a client with raw sockets
 *
 *  The services run in processes of their own. What they counted is asked through
 *  their own routes.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/hooks.h>

#include "common/clock.h"
#include "proto/buffer.h"

#define WAIT_S 20 /* a socket that stays silent for so long fails its test */

typedef struct {
    pid_t pid;
    int port;
    FILE *log;
} server_t;

static inline int
free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, size) || getsockname(fd, (struct sockaddr *)&at, &size))
        abort();
    close(fd);
    return ntohs(at.sin_port);
}

static inline void
become_server(const char *kind, int port, int log)
{
    char number[16], dir[64];
    snprintf(number, sizeof number, "%d", port);
    snprintf(dir, sizeof dir, "%s/%d", getenv("MC_TEST_DIR"), (int)getpid());
    setenv("MC_TEST_EDGE", kind, 1);
    setenv("AOP_CONTROL_PORT", number, 1);
    setenv("AOP_VAR_DIR", dir, 1);
    setenv("ASAN_OPTIONS", "quarantine_size_mb=1:detect_leaks=1", 1);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl("/proc/self/exe", "control", NULL);
    _exit(127);
}

/* Waits for a line of its log; returns false when it ended without. */
static inline bool
wait_for_line(server_t *server, const char *words)
{
    char line[2048];
    while (fgets(line, sizeof line, server->log))
        if (strstr(line, words))
            return true;
    return false;
}

static inline server_t
start_server(const char *kind, int port)
{
    int ends[2];
    if (pipe(ends))
        abort();
    server_t server = {.port = port, .pid = fork()};
    if (server.pid == 0)
        become_server(kind, port, ends[1]);
    close(ends[1]);
    server.log = fdopen(ends[0], "r");
    return server;
}

/* Its exit code; 23 is a leak. */
static inline int
stop_server(server_t *server, int signal_number)
{
    int status = 0;
    kill(server->pid, signal_number);
    waitpid(server->pid, &status, 0);
    fclose(server->log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int
connect_to(const server_t *server)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)server->port)};
    struct timeval silence = {.tv_sec = WAIT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    return fd;
}

/* False when the other side broke the connection before it had all. */
static inline bool
send_bytes(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool
send_text(int fd, const char *text)
{
    return send_bytes(fd, text, strlen(text));
}

/* All until the end, NUL-terminated; the caller frees it. */
static inline char *
read_all(int fd)
{
    mc_buffer_t in = {0};
    ssize_t size = 0;
    char *room;
    while ((room = mc_buffer_room(&in, 65536)) && (size = recv(fd, room, 65536, 0)) > 0)
        in.size += (size_t)size;
    cr_assert_eq(size, 0, "the answer was cut: %s", strerror(errno));
    mc_buffer_byte(&in, '\0');
    return in.data;
}

/* One exchange on a connection of its own; what is sent must make the server close it. */
static inline char *
exchange(const server_t *server, const char *data, size_t size)
{
    int fd = connect_to(server);
    (void)send_bytes(fd, data, size);
    char *answer = read_all(fd);
    close(fd);
    return answer;
}

static inline char *
ask(const server_t *server, const char *request)
{
    return exchange(server, request, strlen(request));
}

static inline int
status_of(const char *answer)
{
    int status = 0;
    sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

static inline const char *
body_of(const char *answer)
{
    const char *blank = strstr(answer, "\r\n\r\n");
    return blank ? blank + 4 : "";
}

static inline size_t
occurrences(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        found++;
    return found;
}

static inline void
reset_connection(int fd)
{
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
}

static server_t usual, tight;

/* Tests run in processes of their own that only share the environment. */
ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    (void)set;
    char dir[] = "/tmp/mc-test-edge-XXXXXX", ports[32];
    if (!mkdtemp(dir) || setenv("MC_TEST_DIR", dir, 1))
        abort();
    usual = start_server("usual", free_port());
    tight = start_server("tight", free_port());
    if (!wait_for_line(&usual, "event=ready") || !wait_for_line(&tight, "event=ready"))
        abort();
    snprintf(ports, sizeof ports, "%d %d", usual.port, tight.port);
    setenv("MC_TEST_PORTS", ports, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    char command[128];
    int codes = abs(stop_server(&usual, SIGTERM)) + abs(stop_server(&tight, SIGTERM));
    snprintf(command, sizeof command, "rm -rf %s", getenv("MC_TEST_DIR"));
    if (codes || system(command)) {
        fprintf(stderr, "a service did not end well\n");
        abort();
    }
}

static inline void
find_servers(void)
{
    cr_assert_eq(sscanf(getenv("MC_TEST_PORTS"), "%d %d", &usual.port, &tight.port), 2);
}

typedef struct {
    int closed;
    int gone;
    size_t produced;
    long resident_mib;
} counts_t;

static inline counts_t
counts(const server_t *server)
{
    counts_t now;
    char *answer = ask(server, "GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    cr_assert_eq(sscanf(body_of(answer), "%d %d %zu %ld", &now.closed, &now.gone, &now.produced,
                        &now.resident_mib),
                 4, "%s", answer);
    free(answer);
    return now;
}

/* Until the service has counted so many closed streams; fails when it never does. */
static inline void
wait_until_closed(int closed)
{
    int64_t until_us = mc_clock_steady_us() + WAIT_S * INT64_C(1000000);
    while (counts(&usual).closed < closed)
        cr_assert_lt(mc_clock_steady_us(), until_us, "the stream is still open");
    cr_assert_eq(counts(&usual).closed, closed);
}
