// Has the user asked to stop, and how urgently?
#pragma once

namespace quarrel {

/// Catches SIGINT, SIGTERM and SIGHUP from now on. The first asks for a clean end that keeps all
/// data, the second to skip what takes long, the third ends the program at once.
void catch_stop_signals();

/// How many stop signals have come.
int stop_requests();

/// The first stop signal that came, or 0.
int stop_signal();

}  // namespace quarrel
