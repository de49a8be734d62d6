#!/usr/bin/env python3
"""Does quarrel-scan report exactly the lines of fixtures/ that expect it? check_findings.py SCAN

A line that must be reported ends with `// expect: RULE text`: RULE reports there, with `text` in
its message. Every other line must stay silent. Several expectations are separated by `; `.
"""
import json
import pathlib
import re
import sys
import tempfile

from scan_tool import HERE, run_scan, write_database

EXPECT = re.compile(r"// expect: (.*)$")
RECORDED = {"lock-contention", "kernel-lock", "spin-contention", "true-sharing"}  # rules of recordings, not of a scan
ONLY_CPP = {"constructive-for-destructive"}     # the size is a constant of the C++ library


def expectations(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = EXPECT.search(line)
        for part in found.group(1).split("; ") if found else []:
            rule, _, text = part.partition(" ")
            yield path.name, number, rule, text.strip()


def findings(scan, source):
    with tempfile.TemporaryDirectory() as temporary:
        build = pathlib.Path(temporary)
        write_database(build, [source])
        done = run_scan(scan, build, "--root", str(source.parent), "--json")
        if done.returncode not in (0, 1) or "with errors" in done.stderr:
            sys.exit(f"{source.name}: exit code {done.returncode}\n{done.stderr}")
        for finding in json.loads(done.stdout)["findings"]:
            place = finding["locations"][0]
            yield place["file"], place["line"], finding["rule"], finding["message"]


def compare(expected, actual):
    problems = []
    for file, line, rule, text in expected:
        match = next((each for each in actual
                      if each[:3] == (file, line, rule) and text in each[3]), None)
        if match is None:
            problems.append(f"{file}:{line}: expected {rule} '{text}', got nothing like it")
        else:
            actual.remove(match)
    problems += [f"{f}:{n}: unexpected {rule}: {message}" for f, n, rule, message in actual]
    return problems


def missing_languages(folder):
    """Each rule must be expected in a source of each language that it can apply to."""
    rules = {page.stem for page in (HERE.parent.parent / "docs" / "rules").glob("*.md")} - RECORDED
    for suffix, apart in ((".cc", set()), (".c", ONLY_CPP)):
        found = {rule for path in folder.glob(f"*{suffix}") for _, _, rule, _ in expectations(path)}
        for rule in sorted(rules - found - apart):
            yield f"{rule}: no source *{suffix} of fixtures/ expects it"


def main():
    folder = HERE / "fixtures"
    headers = [each for path in sorted(folder.glob("*.h")) for each in expectations(path)]
    problems = list(missing_languages(folder))
    for source in sorted([*folder.glob("*.cc"), *folder.glob("*.c")]):
        used = [each for each in headers if f'"{each[0]}"' in source.read_text()]
        problems += compare(list(expectations(source)) + used, list(findings(sys.argv[1], source)))
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
