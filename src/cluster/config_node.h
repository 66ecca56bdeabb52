// ConfigNode: a place in a kubeconfig file, with what reading its members needs: errors that name file:line:col, and
// paths relative to the file. A value; shares the document.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"
#include "warmgate/document/view.h"

namespace warmgate::cluster {

class ConfigNode {
 public:
  explicit ConfigNode(const document::Document& document, std::string pointer = "");

  [[nodiscard]] document::View view() const;
  [[nodiscard]] ConfigNode operator[](std::string_view member) const;
  explicit operator bool() const { return static_cast<bool>(view()); }

  // "kubeconfig FILE:LINE:COLUMN: why".
  [[nodiscard]] base::Error error(const std::string& why) const;

  // The member as a string; "" when it is absent or null.
  [[nodiscard]] base::Result<std::string> text(std::string_view member) const;
  [[nodiscard]] base::Result<bool> flag(std::string_view member) const;

  // A path of the file, which is relative to the file's folder.
  [[nodiscard]] std::string resolve(const std::string& path) const;

  // The bytes of NAME-data (base64), or of the file that NAME says; nullopt when neither is there. `what` is for
  // people: "certificate authority". Values are in no error.
  [[nodiscard]] base::Result<std::optional<std::string>> data_or_file(const std::string& name,
                                                                      const std::string& what) const;

 private:
  document::Document document_;
  std::string pointer_;
};

}  // namespace warmgate::cluster
