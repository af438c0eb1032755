#!/usr/bin/env bash
# Creates .tools/judges, the Python environment of the judges, with the packages of npm that one of them asks. Safe to run again: does nothing when it is up to date.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
environment="$here/../../.tools/judges"
stamp="$environment/requirements.txt"

if [ -x "$environment/bin/python" ] && cmp -s "$here/requirements.txt" "$stamp" &&
    cmp -s "$here/package.json" "$environment/package.json" && [ -d "$environment/node_modules/typescript" ]; then
    echo "judges are ready in $environment"
    exit 0
fi
mkdir -p "$(dirname "$environment")"
"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/package.json" "$environment/package.json"
npm install --prefix "$environment" --silent --no-audit --no-fund
cp "$here/requirements.txt" "$stamp"
echo "judges installed in $environment"
