#!/usr/bin/env bash
# Every test: Rust on both databases, the console, and the console in a real browser against a real hub.
# The last line is the sum: "N passed, N failed". Arguments go to nextest (for example: -p scanhelm-store).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/.tools/bin:$PATH"
logs=$PWD/target/test-logs
mkdir -p "$logs"
results=()
code=0

# Shows a runner's output and keeps it for the sum.
suite() {
  local name=$1 result
  shift
  echo
  echo "==> $name"
  set +e
  NO_COLOR=1 CARGO_TERM_COLOR=never "$@" 2>&1 </dev/null | tee "$logs/$name.log"
  result=${PIPESTATUS[0]}
  set -e
  results+=("$name=$result:$logs/$name.log")
  if [ "$result" -ne 0 ]; then
    echo "<== $name: FAILED (exit code $result)"
    code=1
  fi
}

shared=${SCANHELM_SHARED:-$PWD/../shared}
if [ ! -d "$shared/corpus" ]; then
  if [ "${CI:-}" = true ]; then
    echo "No corpus at $shared/corpus: in CI the tests that need it will fail." >&2
  else
    echo "No corpus at $shared/corpus: tests that read real reports do nothing here." >&2
  fi
fi

if [ -z "${SCANHELM_TEST_POSTGRES:-}" ]; then
  # Of this run alone: another run in the same checkout has its own.
  export SCANHELM_POSTGRES_STATE=$PWD/target/postgres-test.$$.state
  SCANHELM_TEST_POSTGRES=$(SCANHELM_POSTGRES_OWNER=$$ scripts/postgres-test.sh start)
  export SCANHELM_TEST_POSTGRES
  trap 'scripts/postgres-test.sh stop' EXIT
fi

suite rust cargo nextest run "${@:---workspace}"
if [ $# -eq 0 ]; then
  # Of a build that users get only when they ask for it.
  suite traces cargo test --quiet -p scanhelm-cli --features opentelemetry --test it traces::sent
  suite console npm --prefix web test
  if [ -f e2e/browser/package.json ]; then
    # These start target/debug/scanhelm, which nextest builds only beside tests of its own crate.
    suite browser bash -c 'cargo build --quiet --bins && npm --prefix e2e/browser test'
  fi
fi

echo
if [ ! -d "$shared/corpus" ]; then
  echo "Without the corpus: tests that read real reports did nothing."
fi
sum=$(cargo xtask tally "${results[@]}")
echo "$sum"
# A suite may have ended well without a test; only the sum knows.
if ! tail -n 1 <<<"$sum" | grep -Eq '^[0-9]+ passed, 0 failed'; then
  code=1
fi
exit "$code"
