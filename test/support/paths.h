// Where the tests find what they read and run. One generated source holds the absolute paths: as compile definitions
// they would keep ccache from serving one checkout's objects to another.
#pragma once

#include <string>

namespace warmgate::testing {

std::string source_dir();  // the root of the repository
std::string binary();      // the program built beside the tests

}  // namespace warmgate::testing
