#!/usr/bin/env bash
# Named, timed steps: all of them run, each failure is remembered, and a table at the end shows where time went.
# To be sourced: step NAME COMMAND..., then report_steps, which fails if a step failed.
set -euo pipefail

step_names=()
step_results=()
step_seconds=()

step() {
  local name=$1 began=$SECONDS result=ok
  shift
  echo
  echo "==> $name"
  # A sub-shell, so that a step that calls exit ends itself only.
  if ! ("$@"); then
    result=FAILED
  fi
  step_names+=("$name")
  step_results+=("$result")
  step_seconds+=($((SECONDS - began)))
  echo "<== $name: $result after ${step_seconds[-1]} s"
  [ "$result" = ok ]
}

report_steps() {
  local index failed=0
  echo
  for index in "${!step_names[@]}"; do
    printf '%-28s %6s s  %s\n' "${step_names[$index]}" "${step_seconds[$index]}" "${step_results[$index]}"
    if [ "${step_results[$index]}" != ok ]; then
      failed=1
    fi
  done
  return "$failed"
}
