/*
 *  confine - what the vault's process may still do once it runs
 */
#include "services/vault/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"

#define MEMORY_BYTES ((rlim_t)4 << 30) /* that a vault never has, Argon2id and all */
#define FILTER_MAX 512
#define CAPABILITY_WORDS 2

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define NUMBER_MAX 0x3fffffff /* above are those of x32 */
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define NUMBER_MAX 0x7fffffff
#endif

/* What the loop, libzmq, libpq, libmicrohttpd, OpenSSL, libsodium and the C library need. */
static const int allowed[] = {
    /* memory */
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_msync,
    SYS_membarrier,
    /* descriptors */
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_lseek,
    SYS_close,
    SYS_close_range,
    SYS_dup,
    SYS_dup3,
    SYS_fcntl,
    SYS_ioctl,
    SYS_pipe2,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_signalfd4,
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    /* files */
    SYS_openat,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_fsync,
    SYS_fdatasync,
    SYS_truncate,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_flock,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_umask,
    SYS_utimensat,
    SYS_fadvise64,
    /* sockets */
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_shutdown,
    SYS_getsockname,
    SYS_getpeername,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_recvmmsg,
    SYS_sendfile,
    /* threads, signals and time */
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_tgkill,
    SYS_exit,
    SYS_exit_group,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_setscheduler,
    SYS_sched_get_priority_min,
    SYS_sched_get_priority_max,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_setitimer,
    SYS_getitimer,
    /* what is asked of the system */
    SYS_getrandom,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getgroups,
    SYS_getrlimit,
    SYS_prlimit64,
    SYS_getrusage,
    SYS_sysinfo,
    SYS_times,
    SYS_uname,
    SYS_getcpu,
#ifdef SYS_open
    SYS_open,
    SYS_creat,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_rename,
    SYS_link,
    SYS_unlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_chmod,
    SYS_poll,
    SYS_select,
    SYS_pipe,
    SYS_dup2,
    SYS_epoll_create,
    SYS_epoll_wait,
    SYS_eventfd,
    SYS_getdents,
    SYS_time,
    SYS_arch_prctl,
    SYS_alarm,
#endif
};

typedef struct {
    struct sock_filter lines[FILTER_MAX];
    unsigned short count;
} filter_t;

static void
add(filter_t *self, struct sock_filter line)
{
    assert(self->count < FILTER_MAX);
    self->lines[self->count++] = line;
}

static void
load(filter_t *self, size_t offset)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
end(filter_t *self, uint32_t verdict)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* Leaves out so many of the next lines where it holds, so many where not. */
static void
leave_out(filter_t *self, int test, uint32_t value, uint8_t where_true, uint8_t where_false)
{
    uint16_t code = (uint16_t)(BPF_JMP | test | BPF_K);
    add(self, (struct sock_filter)BPF_JUMP(code, value, where_true, where_false));
}

/* Numbers mean something else to another architecture. */
static void
refuse_strangers(filter_t *self)
{
    load(self, offsetof(struct seccomp_data, arch));
    leave_out(self, BPF_JEQ, ARCHITECTURE, 1, 0);
    end(self, SECCOMP_RET_KILL_PROCESS);
    load(self, offsetof(struct seccomp_data, nr));
    leave_out(self, BPF_JGT, NUMBER_MAX, 0, 1);
    end(self, SECCOMP_RET_KILL_PROCESS);
}

/* A thread may be made, a process may not. What clone3 wants cannot be seen, so it is not there:
 * the C library then takes clone. */
static void
allow_threads(filter_t *self)
{
    leave_out(self, BPF_JEQ, SYS_clone3, 0, 1);
    end(self, SECCOMP_RET_ERRNO | ENOSYS);
    leave_out(self, BPF_JEQ, SYS_clone, 0, 4);
    load(self, offsetof(struct seccomp_data, args[0]));
    leave_out(self, BPF_JSET, CLONE_THREAD, 0, 1);
    end(self, SECCOMP_RET_ALLOW);
    end(self, SECCOMP_RET_KILL_PROCESS);
}

/* A thread may have a name; that dumps are forbidden stays so. */
static void
allow_names(filter_t *self)
{
    leave_out(self, BPF_JEQ, SYS_prctl, 0, 4);
    load(self, offsetof(struct seccomp_data, args[0]));
    leave_out(self, BPF_JEQ, PR_SET_NAME, 0, 1);
    end(self, SECCOMP_RET_ALLOW);
    end(self, SECCOMP_RET_ERRNO | EPERM);
}

static void
allow_listed(filter_t *self)
{
    for (size_t i = 0; i < MC_COUNT(allowed); i++) {
        leave_out(self, BPF_JEQ, (uint32_t)allowed[i], 0, 1);
        end(self, SECCOMP_RET_ALLOW);
    }
    end(self, SECCOMP_RET_KILL_PROCESS);
}

int
vault_confine_calls_always(void)
{
    filter_t filter = {.count = 0};
    refuse_strangers(&filter);
    allow_threads(&filter);
    allow_names(&filter);
    allow_listed(&filter);
    struct sock_fprog program = {.len = filter.count, .filter = filter.lines};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return mc_fail_errno("giving up new rights");
    long thread =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (thread == -1)
        return mc_fail_errno("putting a filter over system calls");
    return thread ? mc_fail("thread %ld has a filter of its own", thread) : 0;
}

/* There where the program was built with them. */
extern void __asan_init(void) __attribute__((weak));

int
vault_confine_calls(void)
{
    return &__asan_init ? 0 : vault_confine_calls_always();
}

/* CAP_IPC_LOCK: the limit does not count. */
static bool
may_lock_all(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[CAPABILITY_WORDS] = {{0}};
    struct rlimit limit;
    if (syscall(SYS_capget, &head, data) == 0 && data[0].effective & 1u << CAP_IPC_LOCK)
        return true;
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= MEMORY_BYTES;
}

bool
vault_confine_memory(void)
{
    bool is_sanitized = &__asan_init; /* whose shadow would be locked too */
    return !is_sanitized && may_lock_all() && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}
