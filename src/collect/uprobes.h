// How are BPF programs tied to instructions of one process?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

struct bpf_program;

namespace quarrel {

struct UprobeSite {
  uint64_t file_offset = 0;
  uint64_t cookie = 0;  ///< what bpf_get_attach_cookie returns there
};

/// The word of struct uprobe_registers (bpf/vmlinux_min.h) that holds a register of DwarfRegister.
uint8_t register_word(uint8_t dwarf_register);

/// To be called before the load of a program that attach_uprobes is to attach.
void expect_uprobes(bpf_program* program);

/// Runs the program whenever a thread of `pid` reaches one of the sites of the file, until the Fd
/// is closed. Other processes that have the file mapped do not notice. Linux 6.6.
Result<Fd> attach_uprobes(int program_fd, pid_t pid, const std::string& path,
                          const std::vector<UprobeSite>& sites);

}  // namespace quarrel
