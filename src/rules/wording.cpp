#include "wording.h"

namespace warmgate::rules {

std::string as_one_line(const std::string& script) {
  std::string out;
  for (const char c : script) {
    if (c == '\n' && out.ends_with('\\')) {
      out.pop_back();
    }
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank || !out.ends_with(' ')) {
      out += blank ? ' ' : c;
    }
  }
  return out;
}

}  // namespace warmgate::rules
