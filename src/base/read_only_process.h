// How does a process that reads untrusted files give up all that it does not need for that?
#pragma once

namespace quarrel {

/// From now on this process can read files, take memory and write to `output`, which becomes its
/// only open file besides stdin, stdout and stderr: no new processes, no sockets, no signals to
/// others, nothing opened for writing, no memory made executable. What is forbidden fails with
/// EPERM. Returns the descriptor that `output` has now. Where the kernel or a sanitizer does not
/// allow the filter, only the files are closed.
int become_read_only(int output);

}  // namespace quarrel
