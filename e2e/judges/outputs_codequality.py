"""Whether a file is a Code Quality report, by the types of Code Climate's specification that the package codeclimate-types
carries (GitLab publishes no schema as a package), and by what GitLab's documentation asks for besides: a severity it knows,
a place, and no fingerprint twice. The file is on standard input."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}

# A type parameter lets further fields pass, as readers do; their types are judged all the same.
PROGRAM = """import type {{ Issue }} from 'codeclimate-types'
declare function take<T extends Issue>(issues: T[]): void
take({report})
"""

report = json.load(sys.stdin)
packages = Path(sys.prefix) / "node_modules"
wrong = []
for number, issue in enumerate(report):
    if issue.get("severity") not in SEVERITIES or not issue.get("fingerprint"):
        wrong.append(f"issue {number} has no severity or no fingerprint that GitLab knows")
    place = issue.get("location", {})
    if not place.get("path") or place["path"].startswith("/") or place.get("lines", {}).get("begin", 0) < 1:
        wrong.append(f"issue {number} has no place in the repository")
if len({issue.get("fingerprint") for issue in report}) < len(report):
    wrong.append("a fingerprint occurs twice")
with tempfile.TemporaryDirectory() as folder:
    program = Path(folder) / "report.ts"
    program.write_text(PROGRAM.format(report=json.dumps(report)), encoding="utf-8")
    (Path(folder) / "node_modules").symlink_to(packages)
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"]
    compiler = ["node", str(packages / "typescript/bin/tsc"), *options, str(program)]
    judged = subprocess.run(compiler, capture_output=True, text=True, check=False)
    if judged.returncode:
        wrong.append(judged.stdout or judged.stderr)
print("\n".join(wrong)[:5000], file=sys.stderr)
sys.exit(1 if wrong else 0)
