#include "warmgate/base/replace.h"

#include <gtest/gtest.h>

namespace warmgate::testing {
namespace {

TEST(ReplaceAll, EveryOccurrenceOnceAndNotWhatWasPutIn) {
  EXPECT_EQ(base::replace_all("org/name/x", "/", "--"), "org--name--x");
  EXPECT_EQ(base::replace_all("--m {s} or {s}", "{s}", "/a/{s}"), "--m /a/{s} or /a/{s}");
  EXPECT_EQ(base::replace_all("aaa", "aa", ""), "a");
  EXPECT_EQ(base::replace_all("nothing", "/", "--"), "nothing");
}

}  // namespace
}  // namespace warmgate::testing
