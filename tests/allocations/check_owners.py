#!/usr/bin/env python3
"""Is memory that threads fight over named by the call that allocated it, and never by a former owner?

check_owners.py QUARREL OWNERS [MODE...]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

RULES = {"mutex": "lock-contention"}
MODES = ["vector", "shared", "malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "mutex", "turns", "reused",
         "unseen", "global"]
SECONDS = 1.5
LONG_SECONDS = 4
SKIP = 77


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def record(quarrel, program, mode, seconds, folder, *options):
    """What the program says of itself, and the report."""
    path = pathlib.Path(folder) / f"{mode}.quarrel"
    printed = run(quarrel, "record", *options, "--force", "-o", path, "--", program, mode, seconds)
    sites = [tuple(line.split()[1:]) for line in printed.splitlines() if line.startswith("site ")]
    report = json.loads(run(quarrel, "report", path, "--json"))
    return sites, report, run(quarrel, "report", path)


def found_sites(finding):
    return [(site["function"].split("(")[0].split("::")[-1], str(site["line"]))
            for site in finding.get("allocations", [])]


def found_in(report):
    return {site for finding in report["findings"] for site in found_sites(finding)}


def faults_of(mode, truth, report, text):
    coverage = [row for row in report["coverage"] if row["collector"] == "allocations"]
    if len(coverage) != 1 or coverage[0]["state"] == "off":
        yield f"the collector did not run: {coverage}"
        return
    print(f"    {coverage[0]['reason']}")
    rule = RULES.get(mode, "false-sharing")
    fights = [one for one in report["findings"] if one["rule"] == rule]
    if not fights:
        yield f"no {rule} was found, only {[one['rule'] for one in report['findings']]}"
        return
    finding = fights[0]
    if set(found_sites(finding)) != set(truth) or not found_in(report) <= set(truth):
        yield f"allocated by {found_sites(finding)}, of all findings {found_in(report)}, not by {truth}"
        return
    shares = [site["share"] for site in finding.get("allocations", [])]
    print(f"    {truth}: {shares}")
    if mode not in ("turns", "unseen", "global") and sum(shares) < 0.98:
        yield f"the owner is known for {sum(shares):.0%} of the uses only"
    if truth and not ("Allocated by" in text and "Stack of allocations" in text):
        yield "the text report does not say who allocated it"
    if truth and not any(row["role"] == "allocation" and row["frames"] for row in finding["stacks"]):
        yield "the allocation has no stack"
    if not truth and "Allocated by" in text:
        yield "the text report names an owner"


def is_right(quarrel, program, mode):
    """What a busy machine did not show is looked at again for longer; a wrong owner is wrong at once."""
    for seconds in (SECONDS, LONG_SECONDS):
        with tempfile.TemporaryDirectory() as folder:
            result = record(quarrel, program, mode, seconds, folder, "--allocations", "--max-overhead",
                            "0.5" if mode == "unseen" else "20")
        truth, report, _ = result
        faults = list(faults_of(mode, *result))
        print(f"{'FAIL' if faults else 'ok  '} {mode}", *faults, sep="\n     ")
        if not faults or not found_in(report) <= set(truth):
            break
    return not faults


def is_refused_for_attach(quarrel):
    done = subprocess.run([quarrel, "record", "--allocations", "-p", "1"], capture_output=True, text=True)
    right = done.returncode == 2 and "--allocations" in done.stderr
    print(f"{'ok  ' if right else 'FAIL'} attach: {done.stderr.strip()}")
    return right


def is_silent_without_request(quarrel, program):
    with tempfile.TemporaryDirectory() as folder:
        _, report, _ = record(quarrel, program, "malloc", SECONDS, folder)
    right = not any(row["collector"] == "allocations" for row in report["coverage"])
    right &= not any("allocations" in finding for finding in report["findings"])
    print(f"{'ok  ' if right else 'FAIL'} without --allocations nothing is recorded")
    return right


def main():
    quarrel, program, *modes = sys.argv[1:]
    doctor = subprocess.run([quarrel, "doctor"], capture_output=True, text=True).stdout
    for needed in ("line_samples", "allocations"):
        if re.search(rf"{needed}\s+off", doctor):
            print(f"skipped: {needed} cannot run here; see quarrel doctor")
            sys.exit(SKIP)
    results = [is_right(quarrel, program, mode) for mode in modes or MODES]
    if not modes:
        results += [is_refused_for_attach(quarrel), is_silent_without_request(quarrel, program)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
