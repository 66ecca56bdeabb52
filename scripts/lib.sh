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

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

apt_updated=false

update_lists() {
  if [[ $apt_updated == false ]]; then
    as_root apt-get -q update || die "apt-get update failed (see above); check the network and the machine's sources"
    apt_updated=true
  fi
}

# The address of the Debian main archive this machine uses, whatever the format of its sources. apt knows it only
# once it has package lists, and a fresh container has none.
debian_archive() {
  # shellcheck disable=SC2016  # these are apt's variables, not the shell's
  apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(LABEL)|$(REPO_URI)' |
    awk -F '|' '/^Packages\|Debian\|Debian\|/ && $4 !~ /^cdrom:/ && !found { print $4; found = 1 }'
}

# Writes a private apt configuration into folder $1 for packages of kind $2 (deb or deb-src) of the archive $3. Proxy
# and transport settings are the machine's own: apt reads its usual configuration before this file.
write_apt_configuration() {
  local dir=$1 kind=$2 archive=$3
  mkdir -p "$dir"/{lists,cache,state}
  printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s testing main\n' "$kind" "$archive" \
    >"$dir/sources.list"
  cat >"$dir/apt.conf" <<CONF
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$dir/state";
Dir::State::Lists "$dir/lists";
Dir::State::Status "/var/lib/dpkg/status";
Dir::Cache "$dir/cache";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
  # As root apt would download as the user _apt, who may not be able to read this checkout.
  if [[ $EUID -eq 0 ]]; then
    printf 'APT::Sandbox::User "root";\n' >>"$dir/apt.conf"
  fi
}

# private_apt <folder> <deb|deb-src> <what to do instead>: after it `apt-get -c <folder>/apt.conf` knows the packages of
# Debian testing; the machine's own package selection does not change. Removing the folder is the caller's.
private_apt() {
  local dir=$1 kind=$2 advice=$3 archive
  archive=$(debian_archive)
  if [[ -z $archive ]]; then
    [[ $EUID -eq 0 ]] || command -v sudo >/dev/null || die "apt has no package lists: run apt-get update as root, $advice"
    update_lists
    archive=$(debian_archive)
  fi
  [[ -n $archive ]] || die "no Debian archive among apt's sources: add one, $advice"
  rm -rf "$dir"
  write_apt_configuration "$dir" "$kind" "$archive"
  apt-get -q -c "$dir/apt.conf" -o APT::Update::Error-Mode=any update ||
    die "could not read the package list of Debian testing: check the network and try again, $advice"
}
