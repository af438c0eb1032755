#!/usr/bin/env bash
# Creates .tools/judges, the Python environment of the judges. Safe to run again: does nothing when it is up to date.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
environment="$here/../../.tools/judges"
stamp="$environment/requirements.txt"

if [ -x "$environment/bin/python" ] && cmp -s "$here/requirements.txt" "$stamp"; then
    echo "judges are ready in $environment"
    exit 0
fi
mkdir -p "$(dirname "$environment")"
"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/requirements.txt" "$stamp"
echo "judges installed in $environment"
