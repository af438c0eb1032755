"""Whether a file is CycloneDX 1.6, by the schema that the OWASP project's own library carries. The file is on standard input."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
if error is not None:
    print(str(error)[:2000], file=sys.stderr)
    sys.exit(1)
