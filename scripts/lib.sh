# shellcheck shell=bash
# Shared by the scripts of this repository; sourced, never run. It sets WARMGATE_ROOT, the folder of the checkout.

WARMGATE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export WARMGATE_ROOT

# cpp-httplib below this has known holes; cmake/Dependencies.cmake holds the same floor and has the last word.
HTTPLIB_MINIMUM=0.41.0
HTTPLIB_DIR="$WARMGATE_ROOT/build/deps/cpp-httplib"
export HTTPLIB_MINIMUM HTTPLIB_DIR

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  note "$@"
  exit 2
}

# The header comment of the running script is its help: one text, next to the code it describes.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# httplib_version <folder>: prints 0.41.0, say; nothing when its httplib.h is missing or is not cpp-httplib.
httplib_version() {
  if [[ -r $1/httplib.h ]]; then
    sed -n '/^#define CPPHTTPLIB_VERSION "[0-9.]*"/{s/.*"\([0-9.]*\)".*/\1/p;q}' "$1/httplib.h"
  fi
}

version_at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# run_setup <preset> [flag of scripts/setup]: installs what is missing, silent when nothing is. The sanitizer and tidy
# presets compile with clang. Where there is no dpkg, CMake says what it does not find.
run_setup() {
  local preset=$1
  shift
  case "$preset" in
    release | dev) ;;
    *) set -- --dev ;;
  esac
  if command -v dpkg-query >/dev/null; then
    "$WARMGATE_ROOT/scripts/setup" --quiet "$@"
  else
    note "this is not a Debian system, so scripts/setup is skipped; CMake names what is missing"
  fi
}

configure() {
  local preset=$1 options=()
  if [[ -n ${WARMGATE_HTTPLIB_DIR:-} ]]; then
    options+=("-DWARMGATE_HTTPLIB_DIR=$(realpath -- "$WARMGATE_HTTPLIB_DIR")")
  fi
  (cd "$WARMGATE_ROOT" && cmake --preset "$preset" ${options[@]+"${options[@]}"})
}

# build_targets <preset> [target...]; WARMGATE_JOBS limits the parallel compilers (default: one per core).
build_targets() {
  local preset=$1
  shift
  (cd "$WARMGATE_ROOT" &&
    cmake --build --preset "$preset" --parallel "${WARMGATE_JOBS:-$(nproc)}" ${1+--target "$@"})
}
