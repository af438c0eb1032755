"""Whether a file is CycloneDX 1.6, by the schema that the OWASP project's own library carries. The file is on standard input."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read(), all_errors=True)
for error in errors or ():
    print(error, file=sys.stderr)
sys.exit(1 if errors else 0)
