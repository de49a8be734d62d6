#!/usr/bin/env python3
"""Does the report of a recorded sample say what the sample says of itself?

check_sample.py BIN_DIR SAMPLE_DIR SOURCE_DIR NAME. A NAME that ends in _fixed must be silent.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SECONDS = "4"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def record(quarrel, sample, folder):
    path = folder / "run.quarrel"
    printed = run(quarrel, "record", "-o", path, "--", sample, SECONDS)
    return path, json.loads(printed)


def line_number(source, text):
    lines = source.read_text().splitlines()
    found = [number for number, line in enumerate(lines, 1) if text in line]
    assert len(found) == 1, f"{text!r} stands {len(found)} times in {source}"
    return found[0]


def matches(finding, expected):
    subject = finding["subject"]
    names = {field["name"].split("::")[-1] for field in subject["fields"]}
    wanted = set(expected["fields"])
    named = f"{expected['record']}::{expected['fields'][0]}" in subject["name"]
    return finding["rule"] == expected["rule"] and (
        wanted <= names or (len(wanted) == 1 and named))


def threads_by_role(finding, role):
    return {thread["name"] for thread in finding["threads"] if thread["role"] == role}


def check_line(finding, expected, source):
    assert finding["sharing"] == expected["sharing"], finding["sharing"]
    assert set(expected["threads"]) <= {t["name"] for t in finding["threads"]}, finding["threads"]
    lines = {location["line"] for location in finding["locations"]}
    for text in expected["lines"]:
        assert line_number(source, text) in lines, f"{text!r} not in {finding['locations']}"


def check_lock(finding, expected, truth):
    assert set(expected["waiters"]) <= threads_by_role(finding, "waiter"), finding["threads"]
    assert expected["holder"] in threads_by_role(finding, "holder"), finding["threads"]
    holders = [stack for stack in finding["stacks"] if stack["role"] == "holder"]
    functions = {frame["function"] for stack in holders for frame in stack["frames"]}
    assert any(expected["holder_function"] in name for name in functions), functions
    # The sample's own clock also counts what the kernel does before and after the wait, and
    # spinning wake-ups; the recorded time can only be less, and must be most of it.
    waited_ms = sum(thread["waited_ms"] for thread in truth["threads"])
    recorded_ms = finding["waits"]["total_ns"] / 1e6
    assert 0.4 * waited_ms <= recorded_ms <= 1.05 * waited_ms, (recorded_ms, waited_ms)


def check_coverage(report):
    assert {row["collector"] for row in report["coverage"]} >= {"lock_waits", "line_samples"}
    for row in report["coverage"]:
        lost = row["lost"] if isinstance(row["lost"], int) else sum(row["lost"].values())
        assert row["seen"] == row["attributed"] + row["unresolved"] + lost, row


def main():
    bin_dir, sample_dir, source_dir, name = sys.argv[1:]
    if os.geteuid() != 0:
        print("skipped: loading BPF programs needs root; run: sudo ctest -R samples")
        sys.exit(77)
    base = name.removesuffix("_fixed")
    source = pathlib.Path(source_dir) / "samples" / base / f"{base}.cc"
    quarrel = pathlib.Path(bin_dir) / "quarrel"
    with tempfile.TemporaryDirectory() as folder:
        path, truth = record(quarrel, pathlib.Path(sample_dir) / name, pathlib.Path(folder))
        html = pathlib.Path(folder) / "report.html"
        text = run(quarrel, "report", path, "--html", html)
        report = json.loads(run(quarrel, "report", path, "--json"))
        assert report == json.loads(run(quarrel, "report", path, "--json"))
        page = html.read_text()
    check_coverage(report)
    if name.endswith("_fixed"):
        assert report["findings"] == [], json.dumps(report["findings"], indent=1)
        return
    expectations = json.loads(source.with_name("truth.json").read_text())["findings"]
    for expected in expectations:
        found = [finding for finding in report["findings"] if matches(finding, expected)]
        assert len(found) == 1, json.dumps(report["findings"], indent=1)
        if "sharing" in expected:
            check_line(found[0], expected, source)
        else:
            check_lock(found[0], expected, truth)
        for output in (text, page):
            assert found[0]["subject"]["name"] in output
    first = report["findings"][0]
    assert any(matches(first, expected) for expected in expectations), first["rule"]


if __name__ == "__main__":
    main()
