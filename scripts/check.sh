#!/usr/bin/env bash
# Everything that can be said about the code without running it. All checks run, even after one has failed.
#
#   scripts/check.sh           all
#   scripts/check.sh NAME...   some of: format tidy scripts dependencies clippy console generated
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/.tools/bin:$PATH"
# shellcheck source=scripts/steps.sh
. scripts/steps.sh

check_format() {
  cargo fmt --all --check
}

check_tidy() {
  cargo xtask tidy
}

check_scripts() {
  git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources
}

check_dependencies() {
  cargo deny check --deny unmatched-skip licenses bans sources
}

check_clippy() {
  cargo clippy --quiet --workspace --all-targets -- -D warnings
  # Of a build that users get only when they ask for it.
  cargo clippy --quiet --workspace --all-targets --features scanhelm-cli/opentelemetry -- -D warnings
}

check_console() {
  npm --prefix web run --silent check
}

check_generated() {
  cargo xtask check-generated
}

all=(format tidy scripts dependencies clippy console generated)
for name in "${@:-${all[@]}}"; do
  declare -F "check_$name" >/dev/null || {
    echo "unknown check \`$name\`; the checks are: ${all[*]}" >&2
    exit 2
  }
  step "$name" "check_$name" || true
done
report_steps
