#!/usr/bin/env python3
"""Are the facts of each source in facts/ those of its golden? check_facts.py SCAN DUMP [--update]"""
import difflib
import pathlib
import subprocess
import sys
import tempfile

from scan_tool import HERE, run_scan, write_database

FOLDER = HERE / "facts"


def is_unexpected(source, done):
    return "with errors" in done.stderr and not source.stem.startswith("broken")


def dump(scan, dumper, source):
    with tempfile.TemporaryDirectory() as temporary:
        build = pathlib.Path(temporary)
        write_database(build, [source])
        facts = build / "facts.quarrel"
        done = run_scan(scan, build, "--root", str(FOLDER), "--facts", str(facts))
        if done.returncode not in (0, 1) or is_unexpected(source, done):
            return f"exit code {done.returncode}\n{done.stderr}"
        return subprocess.run([dumper, str(facts)], capture_output=True, text=True,
                              check=True).stdout


def main():
    scan, dumper = sys.argv[1:3]
    is_update = "--update" in sys.argv
    failed = False
    for source in sorted([*FOLDER.glob("*.cc"), *FOLDER.glob("*.c")]):
        golden = source.with_suffix(source.suffix + ".facts")
        actual = dump(scan, dumper, source)
        if is_update:
            golden.write_text(actual)
            continue
        expected = golden.read_text() if golden.exists() else ""
        if actual != expected:
            failed = True
            sys.stdout.writelines(difflib.unified_diff(
                expected.splitlines(True), actual.splitlines(True), golden.name, "actual"))
    if failed:
        print(f"to accept: python3 {__file__} {scan} {dumper} --update")
    return failed


if __name__ == "__main__":
    sys.exit(main())
