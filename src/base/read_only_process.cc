// How does a process that reads untrusted files give up all that it does not need for that?
#include "base/read_only_process.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/sanitizer.h"

namespace quarrel {
namespace {

constexpr int kOutput = 3;

// What libelf, libdw, the C++ library and malloc ask of the kernel.
constexpr uint32_t kAllowed[] = {
    SYS_read,          SYS_pread64,     SYS_readv,        SYS_write,        SYS_close,
    SYS_fstat,         SYS_newfstatat,  SYS_stat,         SYS_lstat,        SYS_statx,
    SYS_lseek,         SYS_munmap,      SYS_mremap,       SYS_brk,          SYS_madvise,
    SYS_readlink,      SYS_readlinkat,  SYS_access,       SYS_faccessat,    SYS_faccessat2,
    SYS_getcwd,        SYS_exit,        SYS_exit_group,   SYS_futex,        SYS_getrandom,
    SYS_getpid,        SYS_gettid,      SYS_rt_sigreturn, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_clock_gettime, SYS_sysinfo,     SYS_getrusage,    SYS_getdents64,   SYS_set_robust_list,
    SYS_rseq,          SYS_sched_yield, SYS_pause};

/// Allowed if the argument has none of these bits.
struct MaskedCall {
  uint32_t number;
  uint32_t argument;
  uint32_t forbidden_bits;
};
constexpr uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
constexpr MaskedCall kMasked[] = {{SYS_openat, 2, kWriting},
                                  {SYS_open, 1, kWriting},
                                  {SYS_mmap, 2, PROT_EXEC},
                                  {SYS_mprotect, 2, PROT_EXEC}};

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

uint32_t low_half_of(uint32_t argument) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument;
}

using Program = std::vector<sock_filter>;

void load(Program& program, uint32_t offset) {
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

void answer(Program& program, uint32_t action) {
  program.push_back(BPF_STMT(BPF_RET | BPF_K, action));
}

// Jumps count instructions from the next one.
void add_masked(Program& program, const MaskedCall& call) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 4));
  load(program, low_half_of(call.argument));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, call.forbidden_bits, 1, 0));
  answer(program, kAllow);
  answer(program, kRefuse);
}

// abort() signals its own process.
void add_own_signals(Program& program) {
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4));
  load(program, low_half_of(0));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(getpid()), 0, 1));
  answer(program, kAllow);
  answer(program, kRefuse);
}

Program make_filter() {
  Program program;
  load(program, offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  answer(program, kRefuse);
  load(program, offsetof(seccomp_data, nr));
  for (uint32_t number : kAllowed) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    answer(program, kAllow);
  }
  for (const MaskedCall& call : kMasked) add_masked(program, call);
  add_own_signals(program);
  answer(program, kRefuse);
  return program;
}

}  // namespace

int become_read_only(int output) {
  if (output != kOutput && dup2(output, kOutput) != kOutput) return output;
  syscall(SYS_close_range, kOutput + 1, ~0U, 0);
  Program program = make_filter();
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (!kHasSanitizer && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
  return kOutput;
}

}  // namespace quarrel
