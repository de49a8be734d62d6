#!/usr/bin/env python3
"""Are locks and cache lines in the thread-locals of another thread named, and is what one thread has alone left out?

check_thread_locals.py QUARREL PROGRAM...
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

SKIP = 77
SECONDS = 2
LONG_SECONDS = 5
LINE = 64


def report_of(quarrel, program, mode, seconds, folder):
    """The address of the object, and the report of an attach."""
    path = pathlib.Path(folder) / "a.quarrel"
    target = subprocess.Popen([program, mode, str(seconds + 1.5)], stdout=subprocess.PIPE, text=True)
    try:
        address = int(target.stdout.readline().split()[1].replace("(nil)", "0"), 0)
        record = [quarrel, "record", "-p", str(target.pid), "-d", f"{seconds}s", "--force", "-o", path]
        subprocess.run(record, check=True, capture_output=True, timeout=60)
        report = subprocess.run([quarrel, "report", path, "--json"], capture_output=True, text=True, timeout=60)
        return address, json.loads(report.stdout)["findings"]
    finally:
        target.terminate()
        target.wait()


def on_line(finding, address):
    return finding["subject"].get("address", 0) // LINE == address // LINE


def faults_of_locks(address, findings):
    found = [one for one in findings if one["rule"] == "lock-contention"]
    if [one["subject"]["name"] for one in found] != ["t_queue.mu"]:
        yield f"locks are called {[one['subject']['name'] for one in found]}"
        return
    if found[0]["subject"]["type"] != "std::mutex" or not on_line(found[0], address + 8):
        yield f"the subject is {found[0]['subject']}, the queue stands at {address:#x}"
    notes = [one["note"] for one in found[0]["locations"] if one["role"] == "declaration"]
    if not any("(owner)" in note for note in notes):
        yield f"nothing says whose it is: {found[0]['locations']}"


def faults_of_lines(address, findings):
    found = [one for one in findings if one["rule"] == "false-sharing"]
    if len(found) != 1 or not on_line(found[0], address):
        yield f"found {[(one['rule'], one['subject']) for one in findings]}, not {address:#x}"
        return
    names = {one["name"] for one in found[0]["subject"]["fields"]}
    if {name.split(".")[-1].split("::")[-1] for name in names} != {"done", "posted"}:
        yield f"the fields are {names}"


def faults_of_successors(_, findings):
    for one in findings:
        yield f"false alarm: {one['rule']} {one['subject']}"


MODES = {"locks": faults_of_locks, "asleep": faults_of_locks, "lines": faults_of_lines, "successors": faults_of_successors}


def is_right(quarrel, program, mode):
    """What two seconds of samples do not show is looked at again for longer; a false alarm is one."""
    for seconds in (SECONDS, LONG_SECONDS):
        with tempfile.TemporaryDirectory() as folder:
            address, findings = report_of(quarrel, program, mode, seconds, folder)
        faults = list(MODES[mode](address, findings))
        print(f"{'FAIL' if faults else 'ok  '} {pathlib.Path(program).name} {mode}", *faults, sep="\n     ")
        if not faults or mode == "successors":
            break
    return not faults


def main():
    quarrel, *programs = sys.argv[1:]
    doctor = subprocess.run([quarrel, "doctor"], capture_output=True, text=True)
    if re.search(r"(line_samples|lock_waits)\s+off", doctor.stdout):
        print("skipped: a collector cannot run here; see quarrel doctor")
        sys.exit(SKIP)
    results = [is_right(quarrel, program, mode) for program in programs for mode in MODES]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
