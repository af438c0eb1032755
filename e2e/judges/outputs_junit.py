"""Whether a file is JUnit XML, by the package junitparser: it reads it, and what each suite says of itself is what is in it.
The file is on standard input. Each case is told on standard output: suite, name, and how it ended."""

import sys

from junitparser import JUnitXml, TestSuite

document = JUnitXml.fromstring(sys.stdin.buffer.read())
wrong = 0


def said(suite):
    return {name: getattr(suite, name) for name in ("tests", "failures", "errors", "skipped")}


for suite in document:
    before = said(suite)
    if not isinstance(suite, TestSuite) or not suite.name:
        print(f"not a named suite: {suite!r}", file=sys.stderr)
        wrong += 1
        continue
    suite.update_statistics()
    if before != said(suite):
        print(f"{suite.name} says {before} and holds {said(suite)}", file=sys.stderr)
        wrong += 1
    for case in suite:
        if not case.name or not case.classname:
            print(f"a case of {suite.name} has no name or class", file=sys.stderr)
            wrong += 1
        ends = [type(end).__name__.lower() for end in case.result] or ["passed"]
        print(suite.name, case.name, ",".join(ends), sep="\t")
sys.exit(1 if wrong or len(document) == 0 else 0)
