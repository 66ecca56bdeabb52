#include "warmgate/server/signals.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace warmgate::server {
namespace {

TEST(SignalWaiter, ReturnsTheSignalThatTheProcessGets) {
  SignalWaiter waiter;
  for (const int signal : {SIGTERM, SIGHUP, SIGTERM}) {
    ASSERT_EQ(::kill(::getpid(), signal), 0);
    EXPECT_EQ(waiter.wait(), signal);
  }
}

TEST(SignalWaiter, ThreadsMadeLaterDoNotTakeTheSignal) {
  SignalWaiter waiter;
  std::thread other([] { ::kill(::getpid(), SIGTERM); });
  EXPECT_EQ(waiter.wait(), SIGTERM);
  other.join();
}

TEST(SignalWaiter, ASecondInterruptEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        SignalWaiter waiter;
        ::kill(::getpid(), SIGINT);
        if (waiter.wait() == SIGINT) {
          ::kill(::getpid(), SIGINT);
        }
        ::_exit(3);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(SignalWaiter, WritingToAConnectionThatIsGoneIsAnErrorValue) {
  SignalWaiter waiter;
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  ::close(pair[1]);
  EXPECT_EQ(::write(pair[0], "x", 1), -1);
  ::close(pair[0]);
}

}  // namespace
}  // namespace warmgate::server
