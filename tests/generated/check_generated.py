#!/usr/bin/env python3
"""Are stacks through code made at run time whole, and named if the program wrote a map of it?

check_generated.py QUARREL GENERATED
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77
NAME = "made::caller_of_hold"


def report_of(quarrel, path, *command):
    done = subprocess.run([quarrel, "record", "-o", path, "--", *command], capture_output=True, text=True, timeout=30)
    pid = int(re.search(r"\(pid (\d+)\)", done.stderr)[1])
    pathlib.Path(f"/tmp/perf-{pid}.map").unlink(missing_ok=True)
    return json.loads(subprocess.run([quarrel, "report", path, "--json"], capture_output=True, timeout=30,
                                     check=True).stdout)


def waiter_functions(report):
    lock = next(one for one in report["findings"] if one["subject"]["name"] == "g_fought_over")
    stack = next(one for one in lock["stacks"] if one["role"] == "waiter")
    return [frame["function"] for frame in stack["frames"]]


def faults(report, has_map):
    functions = waiter_functions(report)
    print(" <- ".join(functions))
    if functions[-1] != "clone3":
        yield "the stack does not reach the start of the thread"
    hold = next((i for i, function in enumerate(functions) if "hold" in function), None)
    if hold is None or (functions[hold + 1] == NAME) != has_map:
        yield f"map: {has_map}, but the caller of hold is not named accordingly"
    row = next((one for one in report["coverage"] if one["collector"] == "generated_code"), None)
    if row is None or (row["attributed"] > 0) != has_map:
        yield f"coverage: {row}"


def main():
    quarrel, program = sys.argv[1:]
    if os.geteuid() != 0:
        print("skipped: recording needs root")
        sys.exit(SKIP)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (["map"], []):
            report = report_of(quarrel, f"{folder}/{len(arguments)}.quarrel", program, *arguments)
            found += faults(report, bool(arguments))
    print("\n".join(found) or "stacks lead through the code")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
