#!/usr/bin/env bash
# Builds the release binaries and measures them; docs/PERFORMANCE.md says what and how. Wants a quiet machine with
# 2 GB of free disk, and takes some minutes. Arguments go on to the measuring program (bench/run.sh --help).
#
# The results stand in target/bench: figures.md and figures.json.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$checkout"

scripts/setup-test.sh tools postgres scanners
# The scanners that local scans are measured with.
export PATH="$checkout/.tools/bin:$checkout/.tools/scanners/bin:$PATH"
cargo build --release --locked --package scanhelm-cli --package scanhelm-vendor-sim --package scanhelm-bench
mkdir -p target/bench

# A server as it is installed, not as tests want it: with fsync and everything else that makes data safe.
export SCANHELM_POSTGRES_DURABLE=1 SCANHELM_POSTGRES_STATE=$checkout/target/bench/postgres.state
SCANHELM_TEST_POSTGRES=$(SCANHELM_POSTGRES_OWNER=$$ scripts/postgres-test.sh start)
export SCANHELM_TEST_POSTGRES
trap 'scripts/postgres-test.sh stop' EXIT

target/release/scanhelm-bench \
  --scanhelm target/release/scanhelm --simulator target/release/scanhelm-sim --out target/bench "$@"
