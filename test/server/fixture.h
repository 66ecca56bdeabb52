// An HTTPS server on a port of the kernel's choice with a certificate of its own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "server/certificates.h"
#include "server/client.h"
#include "warmgate/server/https_server.h"
#include "warmgate/server/metrics.h"

namespace warmgate::server::test {

constexpr std::chrono::seconds kSoon{20};  // a deadline that only a hanging server reaches

// A handler that reports its start and then waits until it is released.
struct Gate {
  std::promise<void> entered;
  std::promise<void> open;
  std::shared_future<void> opened{open.get_future()};

  PostHandler handler() {
    return [this](std::string_view) {
      entered.set_value();
      opened.wait();
      return HttpReply{200, "late but complete"};
    };
  }
  void wait_entered() { ASSERT_EQ(entered.get_future().wait_for(kSoon), std::future_status::ready); }
};

class HttpsTest : public ::testing::Test {
 protected:
  HttpsTest() {
    certificates_.make_pair("good", 24L * 3600);
    options_.address = "127.0.0.1";
    options_.port = 0;
    options_.certificate_file = certificates_.path("good.crt");
    options_.key_file = certificates_.path("good.key");
    options_.workers = 8;
    options_.routes["/validate"] = [](std::string_view body) { return HttpReply{200, "echo " + std::string(body)}; };
    options_.refuse = [](int status, const std::string& reason) {
      return HttpReply{status, "refused " + std::to_string(status) + ": " + reason};
    };
  }

  void start() {
    auto created = HttpsServer::create(options_, metrics_);
    ASSERT_TRUE(created.ok()) << created.error().message;
    server_ = std::move(created).value();
    server_->start();
  }

  [[nodiscard]] Client client() const { return Client::tls(server_->port()); }
  [[nodiscard]] bool metric_is(const std::string& line) const {
    return metrics_.text().find(line + "\n") != std::string::npos;
  }

  CertificateFolder certificates_;
  HttpsOptions options_;
  Metrics metrics_;
  Gate gate_;
  std::unique_ptr<HttpsServer> server_;
};

}  // namespace warmgate::server::test
