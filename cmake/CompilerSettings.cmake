# Warnings, sanitizers, ccache: the same for every target through one interface library.
add_library(warmgate_settings INTERFACE)
target_compile_options(warmgate_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -fstack-protector-strong
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
target_include_directories(warmgate_settings INTERFACE "${CMAKE_SOURCE_DIR}/include")

# Assertions stay in release builds: a broken invariant must stop, not decide an admission.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

if(WARMGATE_SANITIZE)
  target_compile_options(warmgate_settings INTERFACE
    "-fsanitize=${WARMGATE_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(warmgate_settings INTERFACE "-fsanitize=${WARMGATE_SANITIZE}")
else()
  target_compile_definitions(warmgate_settings INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # pch_defines,time_macros: what ccache's manual asks for with precompiled headers; for clang also a precompiled header
  # without a time stamp, so that the same header gives the same file.
  target_compile_options(warmgate_settings INTERFACE
    "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  # BASEDIR and NOHASHDIR: objects of one checkout serve another, so a clean clone compiles only what it has not seen.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()
