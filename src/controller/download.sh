#!/bin/sh
# The download of one model at one commit into the Hugging Face cache of a claim: what the container of a download Job
# runs (download_job.cpp puts it there without its comments). POSIX sh.
#
# Nothing of a ModelCache is written into this text; all of it comes in variables:
#   MODEL_NAME, MODEL_REVISION                   org/name and the full commit
#   HF_HOME                                      the claim's mount; hf reads it, and HF_TOKEN, HF_ENDPOINT, ... itself
#   WARMGATE_ALLOW_PATTERNS, _IGNORE_PATTERNS    one glob a line
#   WARMGATE_MAX_WORKERS, WARMGATE_VERIFY        a number; "true" to compare checksums
#   WARMGATE_WORK                                a folder that can be written, gone with the Pod
#   WARMGATE_PROGRESS_SECONDS, WARMGATE_TERMINATION_LOG
# The log has a line of JSON every few seconds, the termination message how it ended (controller/download_report.h).
# The exit codes are those of DownloadExit (controller/download_job.h): podFailurePolicy lets all but 1 end the Job.
set -eu
umask 002 # another user of the same group may remove the files one day

repo=$HF_HOME/hub/models--${MODEL_NAME%%/*}--${MODEL_NAME#*/}
snapshot=$repo/snapshots/$MODEL_REVISION
errors=$WARMGATE_WORK/errors
child=
ticker=

# Lines without colours, and without the token, should a message ever hold it.
without_token() {
  LC_ALL=C awk '
    BEGIN { token = ENVIRON["HF_TOKEN"]; gsub(/[ \t\r\n]/, "", token) }
    {
      gsub(/\033\[[0-9;]*m/, "")
      line = ""
      while (token != "" && (at = index($0, token)) > 0) {
        line = line substr($0, 1, at - 1) "***"
        $0 = substr($0, at + length(token))
      }
      print line $0
    }'
}

# The end of a file as the inside of a JSON string, in one line.
json_text() {
  without_token <"$1" | tail -c 2000 | LC_ALL=C awk '
    /^Hint: set HF_DEBUG/ || /create it with: hf repos/ { next }
    /^Traceback / { trace = 1 }  # of a traceback the last line tells what it is
    trace && (/^[ \t]/ || /^Traceback / || /^(The above|During handling of the above) exception/) { next }
    { text = text " " $0 }
    END {
      gsub(/[\001-\037\177]/, " ", text)
      gsub(/[^ -~]/, "", text)
      gsub(/  +/, " ", text)
      text = substr(text, length(text) > 800 ? length(text) - 799 : 1)
      gsub(/^ | $/, "", text)
      gsub(/\\/, "&&", text)
      gsub(/"/, "\\\"", text)
      printf "%s", text
    }'
}

stop_children() {
  for pid in $child $ticker; do
    kill "$pid" 2>/dev/null || :
  done
  [ -z "$child" ] || wait "$child" 2>/dev/null || :
}

# The result as the last line of the log and as the termination message.
report() {
  printf '%s\n' "$1"
  printf '%s' "$1" >"${WARMGATE_TERMINATION_LOG:-/dev/termination-log}" || :
}

# CODE REASON TEXT [FILE]: TEXT goes before what stands in FILE.
fail() {
  trap - TERM INT
  stop_children
  detail=
  if [ -n "${4-}" ]; then
    without_token <"$4" | tail -n 100
    detail=$(json_text "$4")
  fi
  report "{\"result\":\"$2\",\"message\":\"$3${detail:+: $detail}\"}"
  exit "$1"
}

# The Pod is being deleted or moved: hf must not write on while the next one begins.
stopped() {
  trap '' TERM INT
  stop_children
  exit 143
}
trap stopped TERM INT

says() { LC_ALL=C grep -q -i -E "$1" "$errors"; }

# Why a command on the claim failed, by what it wrote to stderr. Texts of huggingface_hub v1.22.0: cli/_errors.py and
# utils/_http.py:678-850; "os error" is hf_xet's.
fail_by_errors() {
  if says 'no space left on device|errno 28]|os error 28[)]|disk quota exceeded|errno 122]'; then
    fail 74 OutOfSpace 'the claim is full' "$errors"
  elif says 'errno (13|30)]|os error (13|30)[)]|permission denied$|read-only file system'; then
    fail 75 PermissionDenied "user $(id -u) cannot write to the claim" "$errors"
  elif says 'requires approval|cannot access gated repo|401 unauthorized|401 client error.*invalid|invalid credentials|invalid user token'; then
    fail 71 GatedRepo 'the Hub refuses access; the repository is gated, or the token is not valid' "$errors"
  # A 403 of the storage behind the Hub is an address that has expired, which the next attempt gets anew.
  elif says '403 forbidden' && grep -q -F "${HF_ENDPOINT:-https://huggingface.co}/" "$errors"; then
    fail 71 GatedRepo 'the Hub refuses access to this token' "$errors"
  elif says 'revision not found|revisionnotfound'; then
    fail 72 RevisionNotFound 'the repository has no such commit' "$errors"
  elif says "(model|repository) .*not found|repository not found|repositorynotfound"; then
    fail 72 RevisionNotFound 'there is no such repository, or the token may not see it' "$errors"
  fi
  fail 1 Failed "$1" "$errors"
}

# PATH PATTERNS: fnmatch of Python, which hf uses: "*" stands for slashes too, and a folder for all in it.
matches() {
  while IFS= read -r pattern; do
    case $pattern in '') continue ;; */) pattern="$pattern*" ;; esac
    # shellcheck disable=SC2254
    case $1 in $pattern) return 0 ;; esac
  done <<END
$2
END
  return 1
}

# What hf is going to fetch, as lines "size etag", from the listing that it keeps (huggingface_hub _tree_cache.py).
list_files() {
  [ ! -s "$WARMGATE_WORK/files" ] && [ -s "$repo/trees/$MODEL_REVISION.json" ] || return 0
  LC_ALL=C awk '
    /^  "/ { path = $0; sub(/^  "/, "", path); sub(/": [{]$/, "", path); size = etag = "" }
    /^   "(size|lfs_size)": / { size = $2 }
    /^   "(blob_id|lfs_sha256)": / { etag = $2 }
    /^  [}]/ { gsub(/[^0-9a-f]/, "", etag); print size + 0, etag, path }
  ' "$repo/trees/$MODEL_REVISION.json" | while read -r size etag path; do
    [ -z "${WARMGATE_ALLOW_PATTERNS-}" ] || matches "$path" "$WARMGATE_ALLOW_PATTERNS" || continue
    [ -z "${WARMGATE_IGNORE_PATTERNS-}" ] || ! matches "$path" "$WARMGATE_IGNORE_PATTERNS" || continue
    printf '%s %s\n' "$size" "$etag"
  done >"$WARMGATE_WORK/listing" && mv "$WARMGATE_WORK/listing" "$WARMGATE_WORK/files"
}

# A file system without symbolic links has the files in the snapshot, not in blobs. Another commit's blobs do not count.
progress_line() {
  list_files
  {
    cat "$WARMGATE_WORK/files" 2>/dev/null || :
    find "$repo/blobs" -type f -exec ls -ln {} + 2>/dev/null || :
    find "$snapshot" -type f -exec ls -ln {} + 2>/dev/null || :
    find "$snapshot" -type l 2>/dev/null || :
  } | LC_ALL=C awk -v verifying="$([ -e "$WARMGATE_WORK/verifying" ] && echo true || echo false)" '
    NF == 2 && $1 ~ /^[0-9]+$/ { total += $1; wanted[$2] = 1; listed = 1; next }
    /^\// { ++files; next }
    $0 ~ "/blobs/" { name = $0; sub(/^.*\//, "", name); sub(/[.].*/, "", name); if (!listed || name in wanted) bytes += $5; next }
    { bytes += $5; ++files }
    END {
      printf "{\"progress\":{\"bytes\":%.0f,\"total\":%.0f,\"files\":%.0f,\"verifying\":%s}}\n", bytes, total, files, verifying
    }'
}

# `sleep` holds no output of ours: nobody waits for it once the download has ended.
tick() {
  while :; do
    sleep "${WARMGATE_PROGRESS_SECONDS:-5}" >/dev/null 2>&1
    progress_line || :
  done
}

# Bad blobs go: the next attempt fetches them again. They are named by the checksum that was expected.
drop_mismatches() {
  LC_ALL=C sed -n 's/^ *-* *.*: expected \([0-9a-f]\{40,64\}\) (.*), got [0-9a-f]*$/\1/p' "$1" | while read -r etag; do
    rm -f "$repo/blobs/$etag"
  done
  find "$snapshot" -type l | while IFS= read -r link; do
    [ -e "$link" ] || rm -f "$link"
  done
}

verify() {
  : >"$WARMGATE_WORK/verifying"
  set -- "$MODEL_NAME" --revision "$MODEL_REVISION"
  # Files that the patterns leave out are missing on purpose.
  [ -n "${WARMGATE_ALLOW_PATTERNS-}${WARMGATE_IGNORE_PATTERNS-}" ] || set -- "$@" --fail-on-missing-files
  hf cache verify "$@" >"$WARMGATE_WORK/verified" 2>"$errors" &
  child=$!
  wait "$child" && status=0 || status=$?
  child=
  if [ "$status" -ne 0 ]; then
    if grep -q ': expected [0-9a-f]* (.*), got ' "$WARMGATE_WORK/verified"; then
      drop_mismatches "$WARMGATE_WORK/verified"
      fail 73 ChecksumMismatch 'files differ from what the Hub has; they were removed' "$WARMGATE_WORK/verified"
    fi
    cat "$WARMGATE_WORK/verified" >>"$errors"
    fail_by_errors 'the checksums could not be compared'
  fi
}

# Readers in Rust look a commit up in refs too, and without refs/main a Pod that names no revision finds nothing offline.
# Readers take every byte of the file for the commit: no newline.
write_refs() {
  mkdir -p "$repo/refs" || return 1
  printf '%s' "$MODEL_REVISION" >"$repo/refs/$MODEL_REVISION" || return 1
  [ -s "$repo/refs/main" ] || printf '%s' "$MODEL_REVISION" >"$repo/refs/main"
}

# What was downloaded, for people and programs that look at the claim.
write_marker() {
  mkdir -p "$repo/.warmgate" || return 1
  printf '{"repo":"%s","revision":"%s",%s}\n' "$MODEL_NAME" "$MODEL_REVISION" "$1" >"$repo/.warmgate/$MODEL_REVISION.json"
}

# The claim is tried before anything is fetched for it. Half files of a lost Pod go: hf never goes on with them
# (file_download.py:1907-1926), and that no other download owns them is the controller's promise.
prepare_claim() {
  mkdir -p "$repo/blobs" || return 1
  touch "$repo/blobs/.warmgate" || return 1
  rm -f "$repo/blobs/.warmgate"
  find "$repo/blobs" -type f -name '*.incomplete' -exec rm -f {} +
}

mkdir -p "$WARMGATE_WORK"
rm -f "$WARMGATE_WORK/files" "$WARMGATE_WORK/verifying"
: >"$errors"
prepare_claim 2>"$errors" || fail_by_errors 'the claim cannot be written to'

if ! command -v hf >/dev/null; then
  pip install --no-cache-dir --disable-pip-version-check --target "$WARMGATE_WORK/python" huggingface_hub==1.22.0 \
    >"$WARMGATE_WORK/pip" 2>"$errors" &
  child=$!
  wait "$child" || fail 1 Failed 'pip install huggingface_hub==1.22.0' "$errors"
  child=
  PATH=$WARMGATE_WORK/python/bin:$PATH
  PYTHONPATH=$WARMGATE_WORK/python${PYTHONPATH:+:$PYTHONPATH}
  export PATH PYTHONPATH
fi

set --
while IFS= read -r pattern; do
  [ -z "$pattern" ] || set -- "$@" "--include=$pattern"
done <<END
${WARMGATE_ALLOW_PATTERNS-}
END
while IFS= read -r pattern; do
  [ -z "$pattern" ] || set -- "$@" "--exclude=$pattern"
done <<END
${WARMGATE_IGNORE_PATTERNS-}
END

tick &
ticker=$!
hf download "$MODEL_NAME" --revision "$MODEL_REVISION" --max-workers "${WARMGATE_MAX_WORKERS:-8}" "$@" \
  >"$WARMGATE_WORK/downloaded" 2>"$errors" &
child=$!
wait "$child" && status=0 || status=$?
child=
[ "$status" -eq 0 ] || fail_by_errors 'the download failed'
[ -d "$snapshot" ] || fail 1 Failed 'no file of the repository fits allowPatterns and ignorePatterns'
verified=false
if [ "${WARMGATE_VERIFY:-true}" = true ]; then
  verify
  verified=true
fi

kill "$ticker" 2>/dev/null || :
ticker=
progress_line
totals=$(find -L "$snapshot" -type f -exec ls -lnL {} + |
  LC_ALL=C awk '{ bytes += $5; ++files } END { printf "\"files\":%.0f,\"bytes\":%.0f", files, bytes }')
{ write_refs && write_marker "$totals,\"verified\":$verified"; } 2>"$errors" || fail_by_errors 'refs cannot be written'
report "{\"result\":\"done\",$totals,\"verified\":$verified}"
