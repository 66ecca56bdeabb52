// A certificate is replaced while connections are open.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

using ::testing::HasSubstr;

class Rotation : public HttpsTest {
 protected:
  void SetUp() override { start(); }
  // Puts the pair `name` in the place of the one in use.
  void install(const std::string& name) const {
    for (const std::string file : {".crt", ".key"}) {
      install_file(name + file, "good" + file);
    }
  }
  void install_file(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(certificates_.path(from), certificates_.path(to),
                               std::filesystem::copy_options::overwrite_existing);
  }
  [[nodiscard]] std::string served() const { return client().certificate(); }
  // The reload must be refused with `reason`, and the certificate stay what it was.
  void refused_because(const std::string& reason) {
    const std::string before = served();
    const base::Result<bool> reloaded = server_->reload_certificate();
    ASSERT_FALSE(reloaded.ok());
    EXPECT_THAT(reloaded.error().message, HasSubstr(reason));
    EXPECT_EQ(served(), before);
  }
};

TEST_F(Rotation, NewConnectionsGetTheNewCertificateAndOpenOnesGoOn) {
  Client open = client();
  const std::string old = open.certificate();
  EXPECT_EQ(open.post("/validate", "1").body, "echo 1");
  certificates_.make_pair("next", 48L * 3600);
  install("next");
  EXPECT_EQ(served(), old) << "nothing changes before it is told to";
  const base::Result<bool> reloaded = server_->reload_certificate();
  ASSERT_TRUE(reloaded.ok()) << reloaded.error().message;
  EXPECT_TRUE(*reloaded);
  EXPECT_NE(served(), old);
  EXPECT_EQ(open.post("/validate", "2").body, "echo 2");
  EXPECT_EQ(open.certificate(), old);
}

TEST_F(Rotation, TheExpiryGaugeFollows) {
  const auto gauge = [&] {
    const std::string text = metrics_.text();
    const std::string name = "warmgate_cert_not_after_seconds{kind=\"serving\"} ";
    return std::stod(text.substr(text.find(name) + name.size()));
  };
  const double before = gauge();
  certificates_.make_pair("next", 48L * 3600);
  install("next");
  ASSERT_TRUE(server_->reload_certificate().ok());
  EXPECT_GE(gauge() - before, 24.0 * 3600);
}

TEST_F(Rotation, TheSameFilesAreNoChange) {
  const base::Result<bool> reloaded = server_->reload_certificate();
  ASSERT_TRUE(reloaded.ok());
  EXPECT_FALSE(*reloaded);
}

TEST_F(Rotation, AKeyOfAnotherCertificateIsRefusedUntilBothMatch) {
  certificates_.make_pair("next", 48L * 3600);
  install_file("next.crt", "good.crt");
  refused_because("is not the key of the certificate");
  install_file("next.key", "good.key");
  EXPECT_TRUE(server_->reload_certificate().ok());
}

TEST_F(Rotation, AnExpiredCertificateIsRefused) {
  certificates_.make_pair("old", -60);
  install("old");
  refused_because("has expired");
}

TEST_F(Rotation, BrokenAndMissingFilesAreRefused) {
  certificates_.write("good.crt", "nonsense");
  refused_because("holds no PEM certificate");
  std::filesystem::remove(certificates_.path("good.crt"));
  refused_because("No such file");
}

TEST_F(Rotation, UnderLoadNoRequestIsLost) {
  certificates_.make_pair("a", 48L * 3600);
  certificates_.make_pair("b", 48L * 3600);
  constexpr int kThreads = 4;
  constexpr int kConnections = 15;
  std::atomic<int> answered = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int connection = 0; connection < kConnections; ++connection) {
        answered += client().post("/validate", "x").body == "echo x" ? 1 : 0;
      }
    });
  }
  std::thread rotation([&] {
    for (bool flip = false; !done; flip = !flip) {
      install(flip ? "a" : "b");
      EXPECT_TRUE(server_->reload_certificate().ok());
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  done = true;
  rotation.join();
  EXPECT_EQ(answered, kThreads * kConnections);
}

}  // namespace
}  // namespace warmgate::server::test
