#!/usr/bin/env python3
"""Are spin locks found by name, with the CPU time that they burn and their holder, and nothing else?

check_spins.py QUARREL SPINNERS [MODE...]
"""
import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

FIGHTS = ["pthread", "ttas", "tas", "cas", "ticket"]
SILENT = ["apart", "counters", "shared", "poll", "queue"]
SKIP = 77


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def share_with_peers(path):
    """Of the samples of "fast", those while another thread of the program was on a CPU."""
    query = """select avg(exists(select 1 from line_sample_peers where line_sample_id = s.id))
               from line_samples s join threads t on t.id = s.thread_id where t.name = 'fast'"""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchone()[0] or 0


def record(quarrel, program, mode, folder):
    path = pathlib.Path(folder) / f"{mode}.quarrel"
    printed = run(quarrel, "record", "-o", path, "--", program, mode)
    truth = dict(line.split(" ", 1) for line in printed.splitlines())
    truth["accompanied"] = share_with_peers(path)
    return truth, json.loads(run(quarrel, "report", path, "--json"))


def threads_of(finding, role):
    return {thread["name"]: thread["thread_ms_per_s"]
            for thread in finding["threads"] if thread["role"] == role}


def faults_of_fight(truth, report):
    spins = [one for one in report["findings"] if one["rule"] == "spin-contention"]
    if [one["subject"]["name"] for one in spins] != [truth["lock"]]:
        yield f"found {[one['subject']['name'] for one in spins]} instead of {truth['lock']}"
        return
    finding = spins[0]
    spun = int(truth["spun"]) / 1e6 / report["run"]["duration_s"]
    found = threads_of(finding, "waiter").get("fast", 0)
    print(f"    fast spun {spun:.0f} thread-ms/s, found {found:.0f}; holders "
          f"{threads_of(finding, 'holder')}")
    # Some 500 samples a second: their count is within 20 % nearly always.
    if not 0.75 * spun <= found <= 1.25 * spun:
        yield f"fast spun {spun:.0f} thread-ms/s, found {found:.0f}"
    holders = threads_of(finding, "holder")
    # On a crowded machine the holder is preempted while the other one spins.
    print(f"    of the spinning {100 * truth['accompanied']:.0f} % while another thread ran")
    if holders.get("slow", 0) < (truth["accompanied"] - 0.15) * found:
        yield f"slow had the lock whenever it ran, found {holders}"
    functions = {location["function"] for location in finding["locations"]
                 if location["role"] == "holder"}
    if holders.get("slow", 0) > 50 and not any("work" in name or "scan" in name for name in functions):
        yield f"slow was in Table::scan, not in {functions}"
    lines = sum(one["cost"]["thread_ms_per_s"] for one in report["findings"]
                if one["rule"] in ("true-sharing", "false-sharing"))
    if lines > 0.3 * spun:
        yield f"the lock's line is charged with {lines:.0f} thread-ms/s besides"


def faults_of_silence(report):
    for finding in report["findings"]:
        if finding["rule"] == "spin-contention":
            yield f"{finding['message']} ({finding['locations'][:2]})"


def main():
    quarrel, program, *modes = sys.argv[1:]
    doctor = subprocess.run([quarrel, "doctor"], capture_output=True, text=True)
    if re.search(r"line_samples\s+off", doctor.stdout):
        print("skipped: line_samples cannot run here; see quarrel doctor")
        sys.exit(SKIP)
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for mode in modes or FIGHTS + SILENT:
            print(mode)
            truth, report = record(quarrel, program, mode, folder)
            faults = faults_of_fight(truth, report) if mode in FIGHTS else faults_of_silence(report)
            for fault in faults:
                print(f"  {mode}: {fault}")
                count += 1
    print(f"{count} faults")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
