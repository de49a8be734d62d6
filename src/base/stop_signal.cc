// Has the user asked to stop, and how urgently?
#include "base/stop_signal.h"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace quarrel {
namespace {

volatile std::sig_atomic_t g_requests = 0;
volatile std::sig_atomic_t g_first_signal = 0;

void on_stop(int signal) {
  if (g_requests == 0) g_first_signal = signal;
  g_requests = g_requests + 1;
  if (g_requests >= 3) _exit(128 + signal);
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action{};
  action.sa_handler = on_stop;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a poll() that waits for events has to notice.
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

int stop_requests() {
  return g_requests;
}
int stop_signal() {
  return g_first_signal;
}

}  // namespace quarrel
