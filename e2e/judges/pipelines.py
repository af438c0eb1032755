"""Whether a file is a pipeline of GitHub, GitLab or Azure, by the schemas that the package check-jsonschema carries. The
first word of the file, a comment, names which: `# vendor.github-workflows`. The file is on standard input."""

import subprocess
import sys
import tempfile

text = sys.stdin.read()
schema = text.splitlines()[0].removeprefix("# ")
with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
    file.write(text)
    file.flush()
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    if schema == "vendor.azure-pipelines":
        # Its schema has patterns of an older kind.
        command += ["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"]
    if schema == "vendor.gitlab-ci":
        command += ["--data-transform", "gitlab-ci"]
    ended = subprocess.run([*command, file.name], capture_output=True, text=True)
print(ended.stdout + ended.stderr, file=sys.stderr)
sys.exit(ended.returncode)
