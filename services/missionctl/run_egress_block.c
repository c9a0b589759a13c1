/*
 *  run_egress_block - a control group whose sockets are cut off
 *
 *  Three programs of two instructions, "the answer is no": for what is received, for what is sent,
 *  and for new sockets. Connections stay, and go on when the programs are gone.
 */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"
#include "run_egress_parts.h"

static const struct {
    uint32_t program;
    uint32_t place;
} rows[] = {
    {BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
    {BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS},
    {BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
};

static int
call(int command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

static int
load(size_t row)
{
    static const struct bpf_insn no[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {.prog_type = rows[row].program,
                           .insn_cnt = MC_COUNT(no),
                           .insns = (uint64_t)(uintptr_t)no,
                           .license = (uint64_t)(uintptr_t) "GPL",
                           .expected_attach_type = rows[row].place};
    return call(BPF_PROG_LOAD, &attr);
}

static int
attach(const missionctl_group_t *group, size_t row, int program)
{
    union bpf_attr attr = {.target_fd = (uint32_t)group->folder,
                           .attach_bpf_fd = (uint32_t)program,
                           .attach_type = rows[row].place,
                           .attach_flags = BPF_F_ALLOW_MULTI};
    return call(BPF_PROG_ATTACH, &attr);
}

int
missionctl_block_attach(const missionctl_group_t *group, int blocks[3])
{
    if (group->way != MISSIONCTL_GROUP_CGROUP2)
        return mc_fail("its network can only be closed with --egress gateway or cgroup2");
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        blocks[i] = load(i);
        if (blocks[i] != -1 && attach(group, i, blocks[i]) == 0)
            continue;
        (void)mc_fail_errno("closing its network");
        missionctl_block_detach(group, blocks);
        return -1;
    }
    return 0;
}

void
missionctl_block_detach(const missionctl_group_t *group, int blocks[3])
{
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        if (blocks[i] == -1)
            continue;
        union bpf_attr attr = {.target_fd = (uint32_t)group->folder,
                               .attach_bpf_fd = (uint32_t)blocks[i],
                               .attach_type = rows[i].place};
        call(BPF_PROG_DETACH, &attr);
        close(blocks[i]);
        blocks[i] = -1;
    }
}
