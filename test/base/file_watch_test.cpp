// FileWatch tells of every kind of change that can reach a file, by events; of all of them by polling; and when asked.
// The tests wait for its checks, with a deadline; none sleeps.
#include "warmgate/base/file_watch.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <iterator>
#include <mutex>
#include <ostream>

#include "support/temp_directory.h"

namespace warmgate::base {
namespace {

using std::chrono::milliseconds;
using testing::TempDirectory;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kSoon{20};
constexpr std::chrono::hours kNever{1};

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Collects what the checks see.
class Seen {
 public:
  explicit Seen(std::function<std::string()> look) : look_(std::move(look)) {}

  FileWatch::Check check() {
    return [this](Occasion occasion) {
      const std::string content = look_();
      const std::lock_guard lock(mutex_);
      last_ = content;
      occasion_ = occasion;
      ++count_;
      changed_.notify_all();
    };
  }
  bool wait_for(const std::string& content) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return count_ > 0 && last_ == content; });
  }
  bool wait_for_count(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return count_ >= count; });
  }
  Occasion occasion() {
    const std::lock_guard lock(mutex_);
    return occasion_;
  }

 private:
  const std::function<std::string()> look_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string last_;
  Occasion occasion_ = Occasion::kPoll;
  int count_ = 0;
};

FileWatchOptions watching(const std::string& path) {
  FileWatchOptions options;
  options.paths = {path};
  options.poll = kNever;
  options.quiet = milliseconds{5};
  return options;
}

// A volume as the kubelet makes it: key -> ..data/key, ..data -> ..version (pkg/volume/util/atomic_writer.go).
void publish(const TempDirectory& folder, const std::string& version, const std::string& text) {
  folder.write("volume/.." + version + "/policy.yaml", text);
  fs::create_directory_symlink(".." + version, folder.path("volume/..data_tmp"));
  fs::rename(folder.path("volume/..data_tmp"), folder.path("volume/..data"));
}

struct Change {
  std::string name;
  std::string watched;  // a file or directory below the temporary one
  std::function<void(const TempDirectory&)> make;
  std::string file;  // what is read
  std::string expected;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class FileWatchEvents : public ::testing::TestWithParam<Change> {
 protected:
  FileWatchEvents() {
    folder_.write("plain/policy.yaml", "old");
    folder_.write("plain/sub/more.yaml", "old");
    publish(folder_, "1", "old");
    fs::create_symlink("policy.yaml", folder_.path("volume/unrelated"));
    fs::create_symlink("..data/policy.yaml", folder_.path("volume/policy.yaml"));
    fs::create_symlink(folder_.path("plain/policy.yaml"), folder_.path("link.yaml"));
  }
  TempDirectory folder_;
};

TEST_P(FileWatchEvents, LeadToACheckThatSeesTheChange) {
  const Change& change = GetParam();
  Seen seen([&] { return content_of(folder_.path(change.file)); });
  const FileWatch watch(watching(folder_.path(change.watched)), seen.check());
  change.make(folder_);
  EXPECT_TRUE(seen.wait_for(change.expected));
  EXPECT_EQ(seen.occasion(), Occasion::kEvent);
}

const std::string kPlain = "plain/policy.yaml";
const std::string kVolume = "volume/policy.yaml";

INSTANTIATE_TEST_SUITE_P(
    Changes, FileWatchEvents,
    ::testing::Values(
        Change{"WrittenInPlace", kPlain, [](const auto& f) { f.write(kPlain, "new"); }, kPlain, "new"},
        Change{"WrittenInAWatchedDirectory", "plain", [](const auto& f) { f.write(kPlain, "new"); }, kPlain, "new"},
        Change{"WrittenInASubdirectory", "plain", [](const auto& f) { f.write("plain/sub/more.yaml", "new"); },
               "plain/sub/more.yaml", "new"},
        Change{"AddedToADirectory", "plain", [](const auto& f) { f.write("plain/added.yaml", "new"); },
               "plain/added.yaml", "new"},
        Change{"ReplacedByRename", kPlain,
               [](const auto& f) {
                 f.write("plain/.tmp", "new");
                 fs::rename(f.path("plain/.tmp"), f.path(kPlain));
               },
               kPlain, "new"},
        Change{"Deleted", kPlain, [](const auto& f) { fs::remove(f.path(kPlain)); }, kPlain, ""},
        Change{"MovedAway", kPlain, [](const auto& f) { fs::rename(f.path(kPlain), f.path("elsewhere")); }, kPlain, ""},
        Change{"TheDataLinkSwappedUnderAFile", kVolume, [](const auto& f) { publish(f, "2", "new"); }, kVolume, "new"},
        Change{"TheDataLinkSwappedUnderTheDirectory", "volume", [](const auto& f) { publish(f, "2", "new"); }, kVolume,
               "new"},
        Change{"TheFileBehindALink", "link.yaml", [](const auto& f) { f.write(kPlain, "new"); }, "link.yaml", "new"},
        Change{"TheLinkItself", "link.yaml",
               [](const auto& f) {
                 fs::remove(f.path("link.yaml"));
                 fs::create_symlink(f.write("other.yaml", "new"), f.path("link.yaml"));
               },
               "link.yaml", "new"}),
    [](const auto& test) { return test.param.name; });

TEST(FileWatch, FollowsTheDataLinkThroughManySwaps) {
  const TempDirectory folder;
  publish(folder, "0", "0");
  fs::create_symlink("..data/policy.yaml", folder.path("volume/policy.yaml"));
  Seen seen([&] { return content_of(folder.path(kVolume)); });
  const FileWatch watch(watching(folder.path(kVolume)), seen.check());
  for (int i = 1; i <= 5; ++i) {
    const std::string version = std::to_string(i);
    publish(folder, version, version);
    ASSERT_TRUE(seen.wait_for(version));
    fs::remove_all(folder.path("volume/.." + std::to_string(i - 1)));
  }
}

TEST(FileWatch, PollsWhatSendsNoEvents) {
  const TempDirectory folder;
  const std::string file = folder.write("policy.yaml", "old");
  FileWatchOptions options = watching(file);
  options.events = false;
  options.poll = milliseconds{5};
  Seen seen([&] { return content_of(file); });
  const FileWatch watch(options, seen.check());
  EXPECT_TRUE(seen.wait_for("old"));
  folder.write("policy.yaml", "new");
  EXPECT_TRUE(seen.wait_for("new"));
  EXPECT_EQ(seen.occasion(), Occasion::kPoll);
}

TEST(FileWatch, FindsByPollingWhatWasNotThere) {
  const TempDirectory folder;
  FileWatchOptions options = watching(folder.path("later/policy.yaml"));
  options.poll = milliseconds{5};
  Seen seen([&] { return content_of(folder.path("later/policy.yaml")); });
  const FileWatch watch(options, seen.check());
  folder.write("later/policy.yaml", "new");
  EXPECT_TRUE(seen.wait_for("new"));
}

TEST(FileWatch, ChecksWhenAsked) {
  const TempDirectory folder;
  Seen seen([] { return ""; });
  FileWatch watch(watching(folder.write("policy.yaml", "")), seen.check());
  watch.check_now();
  EXPECT_TRUE(seen.wait_for_count(1));
  EXPECT_EQ(seen.occasion(), Occasion::kAsked);
}

TEST(FileWatch, WithoutPathsStillAnswersAndEnds) {
  Seen seen([] { return ""; });
  FileWatchOptions options;
  options.poll = kNever;
  FileWatch watch(options, seen.check());
  watch.check_now();
  EXPECT_TRUE(seen.wait_for_count(1));
}

}  // namespace
}  // namespace warmgate::base
