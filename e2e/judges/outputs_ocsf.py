"""Whether each line is a Vulnerability Finding of OCSF 1.5.0, by the schema that the package ocsf-json-schema carries and
with every attribute that the schema does not know refused. The lines are on standard input; at least one is needed."""

import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

VERSION = "1.5.0"
CLASS = 2002

ocsf = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
schema = ocsf.get_class_schema(class_name=ocsf.lookup_class_name_from_uid(class_uid=CLASS))
validator = Draft202012Validator(schema)
seen = failed = 0
for number, line in enumerate(sys.stdin, 1):
    event = json.loads(line)
    seen += 1
    problems = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:500] for error in validator.iter_errors(event)]
    if (event.get("class_uid"), event.get("metadata", {}).get("version")) != (CLASS, VERSION):
        problems.append("not of the class and version that were asked for")
    for problem in problems[:5]:
        print(f"line {number}: {problem}", file=sys.stderr)
    failed += bool(problems)
sys.exit(1 if failed or not seen else 0)
