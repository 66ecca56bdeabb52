#!/bin/sh
# Removes one model at one commit from the Hugging Face cache of a claim, and nothing else: what the container of a
# removal Job runs (download_job.cpp puts it there without its comments). POSIX sh.
#
# Input by variables only: MODEL_NAME (org/name), MODEL_REVISION (the full commit), HF_HOME (the claim's mount),
# WARMGATE_WORK (a folder that can be written, gone with the Pod), WARMGATE_TERMINATION_LOG. It may run twice.
set -eu
umask 002

repo=$HF_HOME/hub/models--${MODEL_NAME%%/*}--${MODEL_NAME#*/}
locks=$HF_HOME/hub/.locks/models--${MODEL_NAME%%/*}--${MODEL_NAME#*/}
errors=$WARMGATE_WORK/errors

report() {
  printf '%s\n' "$1"
  printf '%s' "$1" >"${WARMGATE_TERMINATION_LOG:-/dev/termination-log}" || :
}

# CODE REASON: the text is what stands in $errors.
fail() {
  cat "$errors"
  text=$(tail -c 800 "$errors" | LC_ALL=C tr -c ' -~' ' ' | sed 's/[\\"]/\\&/g')
  report "{\"result\":\"$2\",\"message\":\"$text\"}"
  exit "$1"
}

check_input() {
  case $MODEL_REVISION in *[!0-9a-f]*) return 1 ;; esac
  [ "${#MODEL_REVISION}" -eq 40 ] || return 1
  case $MODEL_NAME in */*/* | /* | */ | *..* | *[!A-Za-z0-9_./-]*) return 1 ;; */*) ;; *) return 1 ;; esac
  # A link would lead out of this model's folder.
  [ ! -h "$HF_HOME/hub" ] && [ ! -h "$repo" ] && [ ! -h "$repo/snapshots" ] && [ ! -h "$repo/blobs" ]
}

remove_refs() {
  find "$repo/refs" -type f >"$WARMGATE_WORK/refs" || return 1
  while IFS= read -r ref; do
    if [ "$(tr -d '\n' <"$ref")" = "$MODEL_REVISION" ]; then
      rm -f "$ref" || return 1
    fi
  done <"$WARMGATE_WORK/refs"
}

# Blobs that no snapshot links to any more. Were the list of links not whole, blobs in use would go: every step of it is
# checked.
remove_blobs() {
  # shellcheck disable=SC2016
  find "$repo/snapshots" -type l -exec sh -c 'for link; do readlink "$link" || exit 1; done' sh {} + \
    >"$WARMGATE_WORK/links" || return 1
  sed 's,.*/,,' <"$WARMGATE_WORK/links" >"$WARMGATE_WORK/names" || return 1
  LC_ALL=C sort -u "$WARMGATE_WORK/names" >"$WARMGATE_WORK/used" || return 1
  find "$repo/blobs" -type f >"$WARMGATE_WORK/paths" || return 1
  sed 's,.*/,,' <"$WARMGATE_WORK/paths" >"$WARMGATE_WORK/names" || return 1
  LC_ALL=C sort -u "$WARMGATE_WORK/names" >"$WARMGATE_WORK/blobs" || return 1
  LC_ALL=C comm -13 "$WARMGATE_WORK/used" "$WARMGATE_WORK/blobs" >"$WARMGATE_WORK/unused" || return 1
  while IFS= read -r blob; do
    rm -f "$repo/blobs/$blob" || return 1
  done <"$WARMGATE_WORK/unused"
}

remove_model() {
  [ -d "$repo" ] || return 0
  rm -rf "$repo/snapshots/$MODEL_REVISION" "$repo/.no_exist/$MODEL_REVISION" || return 1
  rm -f "$repo/trees/$MODEL_REVISION.json" "$repo/.warmgate/$MODEL_REVISION.json" || return 1
  if [ -z "$(ls -A "$repo/snapshots" 2>/dev/null)" ]; then
    rm -rf "$repo" "$locks"
    return
  fi
  if [ -d "$repo/refs" ]; then remove_refs || return 1; fi
  if [ -d "$repo/blobs" ]; then remove_blobs; fi
}

mkdir -p "$WARMGATE_WORK"
: >"$errors"
if ! check_input; then
  echo "not the cache of $MODEL_NAME at $MODEL_REVISION: nothing was removed" >"$errors"
  fail 1 Failed
fi
if ! remove_model 2>"$errors"; then
  if grep -q -i -E 'permission denied|read-only file system|operation not permitted' "$errors"; then
    fail 75 PermissionDenied
  fi
  fail 1 Failed
fi
report '{"result":"done","files":0,"bytes":0}'
