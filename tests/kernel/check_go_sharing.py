#!/usr/bin/env python3
"""Is false sharing between goroutines found, by function and line, and are stacks through Go code whole?

check_go_sharing.py QUARREL SAMPLE: SAMPLE is go_sharing with debug information, SAMPLE_w and SAMPLE_s have less.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77
SOURCE = pathlib.Path(__file__).resolve().parent / "go_sharing" / "main.go"
LINE_RULES = ("false-sharing", "true-sharing")
LINE = 64
LONG_SECONDS = 5


def marked_line(marker):
    lines = SOURCE.read_text().splitlines()
    return next(number for number, text in enumerate(lines, 1) if text.endswith(f"// @{marker}"))


WRITERS = {("main.countLeft", marked_line("left")), ("main.countRight", marked_line("right"))}


def facts_of(target):
    facts = {}
    for line in target.stdout:
        name, value = line.split()
        facts[name] = int(value)
        if name == "ready":
            return facts
    sys.exit("the sample ended before it was ready")


def record(quarrel, command, seconds, folder):
    """What the sample says of itself, and the report of an attach."""
    path = pathlib.Path(folder) / "go_sharing.quarrel"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as target:
        try:
            facts = facts_of(target)
            subprocess.run([quarrel, "record", "-p", str(target.pid), "-d", f"{seconds}s", "--force", "-o", path],
                           check=True, stderr=subprocess.DEVNULL, timeout=60)
        finally:
            target.kill()
    report = subprocess.run([quarrel, "report", path, "--json"], stdout=subprocess.PIPE, timeout=60, check=False)
    return facts, json.loads(report.stdout)


def share_resolved(report, collector):
    row = next(one for one in report["coverage"] if one["collector"] == collector)
    return row["attributed"] / row["seen"] if row["seen"] else 1


def faults_of_sharing(facts, report):
    findings = [one for one in report["findings"] if one["rule"] in LINE_RULES]
    wanted = [one for one in findings if int(str(one["subject"]["address"]), 0) // LINE == facts["left"] // LINE]
    if not wanted:
        yield "not found"
        return
    if len(findings) > 1:
        yield f"{len(findings) - 1} false alarms"
    if wanted[0]["sharing"] != "false":
        yield f"called {wanted[0]['sharing']} sharing"
    offsets = {one["offset"] for one in wanted[0]["subject"]["fields"]}
    if offsets != {facts["left"] % LINE, facts["right"] % LINE}:
        yield f"fields at {sorted(offsets)}"
    missing = WRITERS - {(one["function"], one["line"]) for one in wanted[0]["locations"]}
    if missing:
        yield f"without {sorted(missing)}"


def faults_of_silence(report):
    for one in report["findings"]:
        if one["rule"] in LINE_RULES:
            yield f"false alarm: {[where.get('function') for where in one['locations']]}"


def faults_of_coverage(mode, report):
    if share_resolved(report, "wait_stacks") < 0.9:
        yield "stacks of waits are not whole"
    if mode != "moving" and share_resolved(report, "line_samples") < 0.9:
        yield "samples without an address"


def check(quarrel, sample, mode, seconds, folder):
    facts, report = record(quarrel, [sample, mode], seconds, folder)
    faults = list(faults_of_sharing(facts, report) if mode == "shared" else faults_of_silence(report))
    faults += faults_of_coverage(mode, report)
    print(f"{'ok  ' if not faults else 'FAIL'} {mode} {pathlib.Path(sample).name}: {'; '.join(faults)}", flush=True)
    # What two seconds of samples do not show is looked at again for longer.
    return not faults or (seconds < LONG_SECONDS and check(quarrel, sample, mode, LONG_SECONDS, folder))


def main():
    quarrel, sample = sys.argv[1:]
    doctor = subprocess.run([quarrel, "doctor"], capture_output=True, text=True, check=False)
    if re.search(r"line_samples\s+off", doctor.stdout):
        print("skipped: line_samples cannot run here; see quarrel doctor")
        return SKIP
    cases = [(sample, "shared"), (sample + "_w", "shared"), (sample + "_s", "shared"), (sample + "_s", "apart"),
             (sample + "_s", "moving")]
    with tempfile.TemporaryDirectory() as folder:
        results = [check(quarrel, program, mode, 2, folder) for program, mode in cases]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
