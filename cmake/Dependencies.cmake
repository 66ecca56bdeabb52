# Debian packages by name (scripts/setup installs them); only cpp-httplib is special.
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(LIBYAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2.5)

# cpp-httplib: one header, 0.41 or later. Debian 12's 0.11.4 is a prebuilt library with a listen backlog of 5 and
# more than twenty CVEs that were never patched there (CVE-2025-46728 and after).
set(WARMGATE_HTTPLIB_MINIMUM 0.41.0)
set(WARMGATE_HTTPLIB_DIR "" CACHE PATH "folder that holds httplib.h, if not the one scripts/setup fills")
# No search elsewhere: the system's httplib.h is the old one, or the half of a header that Debian splits into a library.
set(httplib_dir "${WARMGATE_HTTPLIB_DIR}")
if(NOT httplib_dir)
  set(httplib_dir "${CMAKE_SOURCE_DIR}/build/deps/cpp-httplib")
endif()
if(NOT EXISTS "${httplib_dir}/httplib.h")
  message(FATAL_ERROR "httplib.h not found in ${httplib_dir}. Run scripts/setup, which fetches it, or give the folder "
    "that holds cpp-httplib ${WARMGATE_HTTPLIB_MINIMUM} or later as -DWARMGATE_HTTPLIB_DIR=DIR.")
endif()
# CPPHTTPLIB_VERSION_NUM is a string in some versions, so only the string macro can be compared.
file(STRINGS "${httplib_dir}/httplib.h" version_line REGEX "^#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" WARMGATE_HTTPLIB_VERSION "${version_line}")
if(WARMGATE_HTTPLIB_VERSION VERSION_LESS WARMGATE_HTTPLIB_MINIMUM)
  message(FATAL_ERROR "${httplib_dir}/httplib.h is cpp-httplib ${WARMGATE_HTTPLIB_VERSION}, which has "
    "known holes. Run scripts/setup, which fetches ${WARMGATE_HTTPLIB_MINIMUM} or later, or give the folder of a newer "
    "httplib.h as -DWARMGATE_HTTPLIB_DIR=DIR.")
endif()
add_library(warmgate_httplib INTERFACE)
target_include_directories(warmgate_httplib SYSTEM INTERFACE "${httplib_dir}")
# Its client would ask "Expect: 100-continue" for bodies from 1 KiB on, and wait up to a second for an answer. The same in
# every source that includes the header, or its inline functions would differ.
target_compile_definitions(warmgate_httplib INTERFACE CPPHTTPLIB_EXPECT_100_THRESHOLD=0)
target_link_libraries(warmgate_httplib INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
message(STATUS "cpp-httplib ${WARMGATE_HTTPLIB_VERSION} from ${httplib_dir}")
