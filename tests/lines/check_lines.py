#!/usr/bin/env python3
"""Is sharing of cache lines found with the right bytes, threads and source lines, and nothing else?

check_lines.py QUARREL FOLDER_OF_PROGRAMS [--levels O0,O2] [--seconds N] [--busy] [PATTERN...]

Each pattern of patterns.cc and its padded twin run for a while; quarrel attaches to them. What the report says is
held against what the program says of itself.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from padding_gain import gain_of_padding

SKIP = 77
LINE = 64
LONG_SECONDS = 5
SOURCE = pathlib.Path(__file__).with_name("patterns.cc")
GAIN_OF_HARM = 1.3
NO_GAIN = 1.1
LINE_RULES = ("false-sharing", "true-sharing")


def marked_lines():
    """Marker -> number of the line that has it."""
    lines = SOURCE.read_text().splitlines()
    return {found[1]: number for number, text in enumerate(lines, 1)
            if (found := re.search(r"// @(\w+)$", text))}


MARKED = marked_lines()


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def record(quarrel, command, seconds, folder):
    """What the program says of itself, and the report of an attach."""
    target = subprocess.Popen([*command, str(seconds + 1.5)], stdout=subprocess.PIPE, text=True)
    try:
        text = ""
        while not text.endswith("]}\n"):
            text += target.stdout.readline()
        truth = json.loads(text)
        return truth, report_of(quarrel, truth, seconds, pathlib.Path(folder))
    finally:
        target.terminate()
        target.wait()


def report_of(quarrel, truth, seconds, folder):
    """Of all processes of the pattern, recorded at the same time."""
    pids = {truth["pid"]} | {access["pid"] for access in truth["accesses"]}
    paths = {pid: folder / f"{pid}.quarrel" for pid in sorted(pids)}
    recorders = [subprocess.Popen([quarrel, "record", "-p", str(pid), "-d", f"{seconds}s", "--force",
                                   "-o", path], stderr=subprocess.PIPE, text=True)
                 for pid, path in paths.items()]
    for recorder in recorders:
        _, errors = recorder.communicate(timeout=120)
        if recorder.returncode != 0:
            sys.exit(f"quarrel record exited {recorder.returncode}:\n{errors}")
    return json.loads(run(quarrel, "report", *paths.values(), "--json"))


def line_findings(report):
    return [one for one in report["findings"] if one["rule"] in LINE_RULES]


def line_of(finding):
    return int(str(finding["subject"]["address"]), 0) // LINE


def describe(finding):
    fields = [f"{one['name']}+{one['offset']}/{one['size']}" for one in finding["subject"]["fields"]]
    return f"{finding['rule']} {finding['verdict']} {finding['cost']['thread_ms_per_s']:.1f} {fields}"


def tids_of(field, kind):
    return field["writers"] if kind == "write" else field["readers"]


def is_on_line(access, line):
    end = access["address"] + (access["elements"] - 1) * access["stride"] + access["size"]
    return access["address"] < (line + 1) * LINE and end > line * LINE


def offsets_on(access, line):
    """Offsets in the line of all elements that begin there."""
    return [address - line * LINE
            for address in (access["address"] + i * access["stride"] for i in range(access["elements"]))
            if address // LINE == line]


def overlaps(field, access, line):
    return any(field["offset"] < offset + access["size"] and offset < field["offset"] + field["size"]
               for offset in offsets_on(access, line))


def faults_of_access(access, finding):
    fields = [one for one in finding["subject"]["fields"] if overlaps(one, access, line_of(finding))]
    name = f"{access['thread']} {access['kind']} at +{access['address'] % LINE}"
    if not any(access["tid"] in tids_of(one, access["kind"]) for one in fields):
        yield f"{name} not among the fields"
    if not any(one["tid"] == access["tid"] for one in finding["threads"]):
        yield f"{name}: the thread is missing"
    lines = {one["line"] for one in finding["locations"]
             if one["role"] == ("writer" if access["kind"] == "write" else "reader")}
    if access["marker"] and MARKED[access["marker"]] not in lines:
        yield f"{name}: line {MARKED[access['marker']]} not among {sorted(lines)}"


def faults_of_strangers(finding, accesses):
    """Fields and writers that the program does not have."""
    for field in finding["subject"]["fields"]:
        for kind in ("write", "read"):
            known = {one["tid"] for one in accesses if overlaps(field, one, line_of(finding))
                     and (kind == "read" or one["kind"] == "write")}
            for tid in set(tids_of(field, kind)) - known:
                yield f"+{field['offset']}/{field['size']} has no {kind} of thread {tid}"


def faults_of_sharing(truth, report):
    findings = line_findings(report)
    matching = [one for one in findings
                if any(is_on_line(access, line_of(one)) for access in truth["accesses"])]
    if not findings and "leave" in truth["verdicts"]:
        return  # nothing is spent there, so there is nothing to say
    if not matching:
        yield f"not found; findings: {[describe(one) for one in findings]}"
        return
    finding = matching[0]
    if len(findings) > 1:
        yield f"also found: {[describe(one) for one in findings if one is not finding]}"
    if finding["sharing"] != truth["truth"]:
        yield f"called {finding['sharing']} sharing"
    for access in truth["accesses"]:
        yield from faults_of_access(access, finding)
    yield from faults_of_strangers(finding, truth["accesses"])
    yield from faults_of_names(finding)
    yield from faults_of_verdict(truth, finding)


def faults_of_names(finding):
    unnamed = [one["name"] for one in finding["subject"]["fields"] if one["name"].startswith("+")]
    if unnamed:
        yield f"without a name: {unnamed}"


def faults_of_verdict(truth, finding):
    if finding["verdict"] not in truth["verdicts"]:
        yield f"verdict {finding['verdict']}: {finding['reason']}"


def faults_of_silence(report):
    for finding in line_findings(report):
        yield f"false alarm: {describe(finding)}"


def right_verdicts(program, pattern, is_harmful):
    """Where the processor decides about the harm (null), padding is tried."""
    if is_harmful is None:
        gain = gain_of_padding(program, pattern)
        print(f"     padding {pattern} gains {gain:.2f} times here", flush=True)
        if NO_GAIN < gain < GAIN_OF_HARM:
            return ("fix", "measure first", "leave")
        is_harmful = gain >= GAIN_OF_HARM
    return ("fix", "measure first") if is_harmful else ("leave",)


def patterns_of(program):
    listed = run(program, "list").splitlines()
    return {line.split()[0]: line.split()[1] for line in listed}


def cases(arguments):
    """(level, program, pattern, is_padded)"""
    for level in arguments.levels.split(","):
        program = pathlib.Path(arguments.folder) / f"lines_patterns_{level}"
        known = patterns_of(program)
        for pattern in arguments.patterns or known:
            yield level, program, pattern, False
            if known[pattern] == "twin":
                yield level, program, pattern, True


def check(arguments, case, folder):
    """A false alarm is one. What two seconds of samples do not show is looked at again for longer."""
    is_right, is_silent = check_for(arguments.seconds, arguments, case, folder)
    if is_right or is_silent or arguments.seconds >= LONG_SECONDS:
        return is_right
    return check_for(LONG_SECONDS, arguments, case, folder)[0]


def check_for(seconds, arguments, case, folder):
    level, program, pattern, is_padded = case
    options = (["--padded"] if is_padded else []) + (["--busy"] if arguments.busy else [])
    truth, report = record(arguments.quarrel, [program, pattern, *options], seconds, folder)
    is_silent = is_padded or truth["truth"] == "none"
    truth["verdicts"] = () if is_silent else right_verdicts(program, pattern, truth["harmful"])
    faults = list(faults_of_silence(report) if is_silent else faults_of_sharing(truth, report))
    found = [describe(one) + contrast_of(one) for one in line_findings(report)]
    print(f"{'ok  ' if not faults else 'FAIL'} {pattern}{' padded' if is_padded else ''} -{level}: "
          f"{'; '.join(found) or 'silent'}", flush=True)
    for fault in faults:
        print(f"     {fault}", flush=True)
    return not faults, is_silent


def contrast_of(finding):
    contrast = finding.get("contrast")
    return "" if not contrast else f" odds {contrast['odds']:.1f} ({contrast['low']:.1f} to {contrast['high']:.1f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("quarrel")
    parser.add_argument("folder")
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--levels", default="O0,O2")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--busy", action="store_true")
    arguments = parser.parse_intermixed_args()
    doctor = subprocess.run([arguments.quarrel, "doctor"], capture_output=True, text=True)
    if re.search(r"line_samples\s+off", doctor.stdout):
        print("skipped: line_samples cannot run here; see quarrel doctor")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory() as folder:
        results = [check(arguments, case, folder) for case in cases(arguments)]
    print(f"{sum(results)} of {len(results)} cases right")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
