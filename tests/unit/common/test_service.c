/*
 *  test_service - the life of a service, from its settings to its end
 */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "common/error.h"
#include "common/service.h"

#define OUTPUT_BYTES 65536

typedef struct {
    pid_t pid;
    int port;
    int out; /* its standard error */
    char said[OUTPUT_BYTES];
    size_t size;
} child_t;

static char folder[] = "/tmp/mc-test-service-XXXXXX";

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void
make_folder(void)
{
    for (size_t i = 0; i < mc_setting_count; i++)
        unsetenv(mc_setting_rows[i].variable);
    cr_assert(mkdtemp(folder) != NULL);
    setenv("AOP_VAR_DIR", folder, 1);
    setenv("AOP_ENV_FILE", "/dev/null", 1);
}

static void
remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(service, .init = make_folder, .fini = remove_folder, .timeout = 30);

/* A listening socket on a free port; the port is free again when it is closed. */
static int
listen_somewhere(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 1) == 0);
    cr_assert(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void
set_port(int port)
{
    char value[16];
    snprintf(value, sizeof value, "%d", port);
    setenv("AOP_CONTROL_PORT", value, 1);
}

static void
start_child(child_t *self, const mc_service_spec_t *spec)
{
    int ends[2];
    cr_assert(pipe(ends) == 0);
    self->pid = fork();
    cr_assert_neq(self->pid, -1);
    if (self->pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        _exit(mc_service_run(spec));
    }
    close(ends[1]);
    self->out = ends[0];
}

/* Starts it on a free port. */
static void
run_child(child_t *self, const mc_service_spec_t *spec)
{
    *self = (child_t){0};
    close(listen_somewhere(&self->port));
    set_port(self->port);
    start_child(self, spec);
}

/* Reads what it says until that is there; false at its end. */
static bool
hear(child_t *self, const char *words)
{
    while (!strstr(self->said, words)) {
        ssize_t got = read(self->out, self->said + self->size, OUTPUT_BYTES - 1 - self->size);
        if (got <= 0)
            return false;
        self->size += (size_t)got;
        self->said[self->size] = '\0';
    }
    return true;
}

/* Its exit code, when it has said everything. */
static int
end_of(child_t *self)
{
    int status = -1;
    hear(self, "\n\n");
    waitpid(self->pid, &status, 0);
    close(self->out);
    cr_assert(WIFEXITED(status), "status %x: %s", status, self->said);
    return WEXITSTATUS(status);
}

static int
stop_child(child_t *self)
{
    kill(self->pid, SIGTERM);
    return end_of(self);
}

/* GETs the path; the answer with its head is lent until the next. */
static const char *
get(const child_t *self, const char *path)
{
    static char answer[OUTPUT_BYTES];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)self->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    size_t size = 0;
    ssize_t got;
    while ((got = read(fd, answer + size, sizeof answer - 1 - size)) > 0)
        size += (size_t)got;
    answer[size] = '\0';
    close(fd);
    return answer;
}

static void
expect_answer(const child_t *self, const char *path, const char *status, const char *words)
{
    const char *answer = get(self, path);
    cr_expect(!strncmp(answer, status, strlen(status)), "%s: %s", path, answer);
    cr_expect(strstr(answer, words) != NULL, "%s: %s", path, answer);
}

static void *
start_plain(mc_service_t *service)
{
    return service;
}

static void
stop_plain(void *state)
{
    (void)state;
}

static void
answer_who(void *state, mc_http_request_t *request)
{
    mc_buffer_t text = {0};
    mc_buffer_printf(&text, "%s\n", mc_service_settings(state)->listen_address);
    mc_http_answer(request, 200, "text/plain", &text);
    mc_buffer_clear(&text);
}

static const mc_http_route_t routes[] = {
    {.method = "GET", .path = "/who", .call = answer_who, .doc = "Test"},
    {0},
};

static const mc_metric_row_t metrics[] = {
    {.name = "tests", .kind = MC_METRIC_COUNTER, .unit = "", .doc = "Tests"},
};

static const mc_service_spec_t plain = {
    .name = "control",
    .port_offset = offsetof(mc_settings_t, control_port),
    .routes = routes,
    .metrics = metrics,
    .metric_count = 1,
    .start = start_plain,
    .stop = stop_plain,
};

Test(service, becomes_ready_answers_its_pages_and_ends_by_a_signal)
{
    child_t child;
    run_child(&child, &plain);
    cr_assert(hear(&child, "event=ready after_ms="), "%s", child.said);
    expect_answer(&child, "/healthz", "HTTP/1.1 200", "\r\n\r\nok\n");
    expect_answer(&child, "/readyz", "HTTP/1.1 200", "\r\n\r\nready\n");
    expect_answer(&child, "/metrics", "HTTP/1.1 200", "\nmc_bus_requests_total 0\n");
    expect_answer(&child, "/metrics", "HTTP/1.1 200", "mc_control_tests_total 0\n");
    expect_answer(&child, "/metrics", "HTTP/1.1 200", "\nprocess_resident_memory_bytes ");
    expect_answer(&child, "/metrics", "HTTP/1.1 200",
                  "\nmc_build_info{service=\"control\",version=\"");
    expect_answer(&child, "/metrics", "HTTP/1.1 200", "Content-Type: text/plain; version=0.0.4");
    expect_answer(&child, "/who", "HTTP/1.1 200", "127.0.0.1");
    expect_answer(&child, "/nothing", "HTTP/1.1 404", "unknown_route");
    cr_expect_eq(stop_child(&child), 0);
    cr_expect(strstr(child.said, "event=stopping signal=SIGTERM") != NULL);
    cr_expect(strstr(child.said, "event=stopped") != NULL);
}

static const char *
never_ready(void *state)
{
    (void)state;
    return "the spool is being read";
}

Test(service, says_why_it_is_not_ready)
{
    child_t child;
    mc_service_spec_t spec = plain;
    spec.unready = never_ready;
    run_child(&child, &spec);
    cr_assert(hear(&child, "event=started"));
    expect_answer(&child, "/readyz", "HTTP/1.1 503", "\r\n\r\nthe spool is being read\n");
    expect_answer(&child, "/healthz", "HTTP/1.1 200", "ok");
    cr_expect_eq(stop_child(&child), 0);
    cr_expect(strstr(child.said, "event=ready") == NULL);
}

static void *
fail_to_start(mc_service_t *service)
{
    (void)service;
    (void)mc_fail("relation budget_total does not exist");
    return NULL;
}

Test(service, fails_to_start_with_its_reason)
{
    child_t child;
    mc_service_spec_t spec = plain;
    spec.start = fail_to_start;
    run_child(&child, &spec);
    cr_expect_eq(end_of(&child), 1);
    cr_expect(strstr(child.said, "level=error service=control event=failed reason=\"relation "
                                 "budget_total does not exist\"\n") != NULL,
              "%s", child.said);
    cr_expect(strstr(child.said, "started") == NULL);
}

static void
fail_now(void *arg)
{
    (void)mc_fail("the disk is full");
    mc_service_fail(arg);
    (void)mc_fail("something later");
}

static void *
start_failing_later(mc_service_t *service)
{
    mc_service_after(service, 10, fail_now, service);
    return service;
}

Test(service, ends_with_the_reason_when_it_fails_at_work)
{
    child_t child;
    mc_service_spec_t spec = plain;
    spec.start = start_failing_later;
    run_child(&child, &spec);
    cr_expect_eq(end_of(&child), 1);
    cr_expect(strstr(child.said, "event=failed reason=\"the disk is full\"\n") != NULL, "%s",
              child.said);
    cr_expect(strstr(child.said, "event=started") != NULL);
}

Test(service, does_not_start_with_wrong_settings)
{
    static const struct {
        const char *variable;
        const char *value;
        const char *reason;
    } rows[] = {
        {"AOP_GATEWAY_PORT", "abc",
         "AOP_GATEWAY_PORT is \\\"abc\\\", not a whole number between 1 and 65535"},
        {"AOP_LOG_LEVEL", "loud",
         "AOP_LOG_LEVEL is \\\"loud\\\", not debug, info, warning or error"},
        {"AOP_LOG_FORMAT", "xml", "AOP_LOG_FORMAT is \\\"xml\\\", not logfmt or json"},
        {"AOP_BUS_CONTROL", "tcp://x:7400", "the bus goes over tcp without keys"},
        {"AOP_INSTANCE", "a/b", "AOP_INSTANCE is \\\"a/b\\\", which has a slash"},
        {"AOP_VAR_DIR", "/proc/nowhere", "making the folder /proc/nowhere (AOP_VAR_DIR)"},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        child_t child;
        char *before = getenv(rows[i].variable) ? strdup(getenv(rows[i].variable)) : NULL;
        setenv(rows[i].variable, rows[i].value, 1);
        run_child(&child, &plain);
        cr_expect_eq(end_of(&child), 1);
        cr_expect(strstr(child.said, rows[i].reason) != NULL, "%s", child.said);
        cr_expect_eq(strchr(child.said, '\n'), child.said + child.size - 1,
                     "more than one line: %s", child.said);
        if (before)
            setenv(rows[i].variable, before, 1);
        else
            unsetenv(rows[i].variable);
        free(before);
    }
}

Test(service, names_the_port_that_is_in_use)
{
    child_t child = {0};
    int busy = listen_somewhere(&child.port);
    set_port(child.port);
    start_child(&child, &plain);
    cr_expect_eq(end_of(&child), 1);
    cr_expect(strstr(child.said, "is in use") && strstr(child.said, "AOP_CONTROL_PORT"), "%s",
              child.said);
    close(busy);
}

Test(service, runs_in_the_clear_only_with_a_warning)
{
    child_t child;
    setenv("AOP_BUS_GATEWAY", "tcp://localhost:1", 1);
    setenv("AOP_BUS_KEY_DIR", "insecure", 1);
    run_child(&child, &plain);
    cr_expect(hear(&child, "event=ready"));
    cr_expect(strstr(child.said, "level=warning service=control event=bus_in_the_clear") != NULL,
              "%s", child.said);
    cr_expect_eq(stop_child(&child), 0);
}
