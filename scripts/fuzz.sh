#!/usr/bin/env bash
# Feeds every report reader, the readers of feeds and the writers with broken input for a while (FUZZ_SECONDS each, 60 by
# default; FUZZ_ONLY="nessus feeds writers" names some). What one of them fails on is kept and told at the end, and the
# others have their turn. The same bodies run over the same seeds as ordinary tests, so a check does not need this.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/.tools
export PATH="$tools/bin:$PATH"
seconds=${FUZZ_SECONDS:-60}

if [ ! -f fuzz/Cargo.toml ]; then
  echo "fuzz: there are no fuzz targets in this tree (fuzz/Cargo.toml is missing)" >&2
  exit 1
fi
if ! command -v cargo-fuzz >/dev/null; then
  echo "fuzz: building cargo-fuzz into .tools, which takes some minutes" >&2
  cargo install --quiet --locked --root "$tools" cargo-fuzz
fi

# The small reports and feeds of the tests are where each fuzzer begins.
seeds=$PWD/fuzz/corpus/seeds
rm -rf "$seeds"
mkdir -p "$seeds"
SCANHELM_FUZZ_SEEDS=$seeds cargo test --quiet --package scanhelm-formats --test it -- --exact \
  fuzz::each_format_has_a_seed_for_its_fuzzer fuzz::each_kind_of_feed_has_a_seed_for_the_fuzzer
mkdir -p "$seeds/writers"
cp "$seeds"/formats/*/* "$seeds/writers/"

# What ships is what is fuzzed: the same versions of what the readers build on.
cp Cargo.lock fuzz/Cargo.lock
# cargo-fuzz passes unstable flags; a stable compiler takes them only when told that this is meant.
RUSTC_BOOTSTRAP=1 cargo fuzz build
# A copy, so that a build meanwhile does not change what is being run.
mkdir -p fuzz/run
cp "fuzz/target/$(rustc --print host-tuple)/release/"{reader,recognise_and_write,feeds} fuzz/run/
export ASAN_OPTIONS="detect_odr_violation=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

statistic() { # NAME LOG
  sed -n "s/^stat::$1: *//p" "$2" | tail -1
}

# What libFuzzer's exit status means. A time-out that does not come again was the machine's: it was busy or paused.
outcome() { # STATUS TARGET LOG
  case $1 in
    0) echo well ;;
    70) if fuzz/run/"$2" -timeout=10 "$(artifact "$3")" >/dev/null 2>&1; then echo disturbed; else echo time-out; fi ;;
    71) echo out-of-memory ;;
    *) echo crash ;;
  esac
}

artifact() { # LOG
  sed -n 's/.*Test unit written to //p' "$1" | tail -1
}

failed=()
feed() { # NAME TARGET SEEDS
  local name=$1 target=$2 corpus=fuzz/corpus/$1 artifacts=fuzz/artifacts/$1/ log=fuzz/logs/$1.log how status begun
  mkdir -p "$corpus" "$artifacts" fuzz/logs
  for _ in 1 2 3; do
    begun=$SECONDS
    status=0
    fuzz/run/"$target" "$corpus" "$3" -artifact_prefix="$artifacts" -print_final_stats=1 \
      -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 >"$log" 2>&1 || status=$?
    how=$(outcome "$status" "$target" "$log")
    [ "$how" = disturbed ] || break
  done
  printf 'fuzz: %-28s %-13s %9s runs %4d s %6s new inputs %5s MB\n' "$name" "$how" \
    "$(statistic number_of_executed_units "$log")" $((SECONDS - begun)) \
    "$(statistic new_units_added "$log")" "$(statistic peak_rss_mb "$log")"
  [ "$how" = well ] || failed+=("$name ($how): $log, input $(artifact "$log")")
}

for name in ${FUZZ_ONLY:-$(ls "$seeds/formats") feeds writers}; do
  case $name in
    feeds) feed feeds feeds "$seeds/feeds" ;;
    writers) feed writers recognise_and_write "$seeds/writers" ;;
    *) SCANHELM_FUZZ_FORMAT=$name feed "$name" reader "$seeds/formats/$name" ;;
  esac
done

if [ ${#failed[@]} -gt 0 ]; then
  printf 'fuzz: FAILED: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "fuzz: nothing was found"
