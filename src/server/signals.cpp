#include "warmgate/server/signals.h"

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace warmgate::server {
namespace {

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

SignalWaiter::SignalWaiter() {
  const sigset_t set = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int SignalWaiter::wait() {
  const sigset_t set = awaited_signals();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  if (signal == SIGINT) {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
  }
  return signal;
}

}  // namespace warmgate::server
