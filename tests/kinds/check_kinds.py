#!/usr/bin/env python3
"""Does the report of a recorded sample give every wait the kind that the sample says it has?

check_kinds.py QUARREL SAMPLE... prints the table of docs/classification.md; --check PAGE compares
that page's part about each sample, --update PAGE writes it. A sample that does not exist is skipped.

A sample prints a line for each object that it waits for: name, kind, attributes, contention or
idle, kind without symbols of the system's libraries; separated by tabs.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

Truth = collections.namedtuple("Truth", "name kind attributes standing kind_without_symbols")
SKIP = 77


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def record(quarrel, sample, folder):
    path = pathlib.Path(folder) / f"{sample.name}.quarrel"
    lines = run(quarrel, "record", "-o", path, "--", sample).splitlines()
    return path, [Truth(*line.split("\t")) for line in lines]


def objects_of(report):
    """name -> list of (kind, attributes, standing, waits)."""
    objects = collections.defaultdict(list)
    for finding in report["findings"]:
        if finding["rule"] != "lock-contention":
            continue
        waits = finding["waits"]
        objects[finding["subject"]["name"]].append(
            (waits["kind"], ", ".join(waits["attributes"]), "contention", waits["count"]))
    for idle in report["totals"]["idle"]:
        for named in idle["named"]:
            objects[named["name"]].append(
                (idle["kind"], ", ".join(named["attributes"]), "idle", named["count"]))
    return objects


def faults_of(truths, objects):
    for truth in truths:
        found = objects.get(truth.name, [])
        wanted = (truth.kind, truth.attributes, truth.standing)
        if [one[:3] for one in found] != [wanted]:
            yield f"{truth.name}: wanted {wanted}, found {found or 'nothing of that name'}"


def faults_without_symbols(truths, objects):
    for truth in truths:
        kinds = {one[0] for one in objects.get(truth.name, [])}
        # Names of functions are gone, so only what a variable names can be found again.
        if kinds and kinds != {truth.kind_without_symbols}:
            yield f"{truth.name} without symbols: wanted {truth.kind_without_symbols}, found {kinds}"


def report_of(quarrel, path, *options):
    return objects_of(json.loads(run(quarrel, "report", path, "--json", *options)))


def rows_of(truths):
    for truth in truths:
        without = truth.kind_without_symbols
        yield (f"| `{truth.name}` | {truth.kind} | {truth.attributes} | {truth.standing} | "
               f"{'the same' if without == truth.kind else without} |")


def table_of(sample, truths):
    head = ["| object | kind | attributes | counted as | without symbols of the libraries |",
            "|---|---|---|---|---|"]
    return "\n".join([f"<!-- {sample.name} -->", *head, *rows_of(truths), f"<!-- end -->"])


def part_of(page, sample):
    return re.search(rf"<!-- {sample.name} -->.*?<!-- end -->", page, re.DOTALL)


def check(quarrel, sample, folder):
    path, truths = record(quarrel, sample, folder)
    faults = list(faults_of(truths, report_of(quarrel, path)))
    bare = report_of(quarrel, path, "--debug-path", "/nonexistent")
    faults += faults_without_symbols(truths, bare)
    for fault in faults:
        print(f"{sample.name}: {fault}")
    print(f"{sample.name}: {len(truths)} objects, {len(faults)} faults")
    return table_of(sample, truths), not faults


def compare(page_path, sample, table, is_update):
    page = page_path.read_text()
    part = part_of(page, sample)
    if part and part[0] == table:
        return True
    if not is_update or not part:
        print(f"{page_path}: the table of {sample.name} is not up to date; run\n"
              f"  {sys.argv[0]} --update {page_path} QUARREL {sample}")
        return False
    page_path.write_text(page.replace(part[0], table))
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("quarrel", type=pathlib.Path)
    parser.add_argument("samples", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    doctor = subprocess.run([arguments.quarrel, "doctor"], capture_output=True, text=True)
    if re.search(r"lock_waits\s+off", doctor.stdout):
        print("skipped: lock_waits cannot run here; see quarrel doctor")
        sys.exit(SKIP)
    is_right = True
    samples = [sample for sample in arguments.samples if sample.exists()]
    for sample in arguments.samples:
        if sample not in samples:
            print(f"{sample.name}: left out, because this machine lacks what builds it "
                  "(packages.txt; run cmake again once it is there)")
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            table, has_no_fault = check(arguments.quarrel, sample, folder)
            is_right &= has_no_fault
            if arguments.page:
                is_right &= compare(arguments.page, sample, table, arguments.update)
    sys.exit(0 if is_right and samples else SKIP if not samples else 1)


if __name__ == "__main__":
    main()
