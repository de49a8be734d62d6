#!/usr/bin/env python3
"""Is a convoy told from a lock that is held for long, and do the bounds of the gain add up?

check_convoys.py QUARREL CONVOYS [MODE...]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

MODES = ["convoy", "held", "pair", "chain"]
SKIP = 77


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def report_of(quarrel, program, mode, folder):
    path = pathlib.Path(folder) / f"{mode}.quarrel"
    run(quarrel, "record", "--force", "-o", path, "--", program, mode)
    return json.loads(run(quarrel, "report", path, "--json"))


def locks_of(report):
    return {one["subject"]["name"]: one for one in report["findings"]
            if one["rule"] == "lock-contention"}


def faults_of_bounds(report, locks):
    bounds = sum(lock["gain_bound"]["thread_ms_per_s"] for lock in locks.values())
    all_waiting = report["totals"]["contention_ms_per_s"]
    if not 0.98 * report["totals"]["reported_ms_per_s"] - 1 <= bounds <= 1.001 * all_waiting + 1:
        yield f"bounds of the gain add up to {bounds:.1f}, waits to {all_waiting:.1f}"


def faults_of_chain(locks):
    outer, inner = locks["g_outer"], locks["g_inner"]
    passed_on = outer["gain_bound"]["thread_ms_per_s"] / outer["cost"]["thread_ms_per_s"]
    print(f"    of the waiting for g_outer {100 * (1 - passed_on):.0f} % is counted at g_inner")
    if passed_on > 0.2:
        yield f"g_outer keeps {100 * passed_on:.0f} % of its waiting, though g_inner is the root"
    if inner["gain_bound"]["thread_ms_per_s"] < 2 * inner["cost"]["thread_ms_per_s"]:
        yield "g_inner does not get the waiting for g_outer"


def faults_of(mode, report):
    locks = locks_of(report)
    yield from faults_of_bounds(report, locks)
    if mode == "chain":
        yield from faults_of_chain(locks)
        return
    lock = locks.get("g_queue_lock")
    if lock is None:
        if mode != "pair":
            yield f"no finding about g_queue_lock: {list(locks)}"
        return
    share = lock["handoff_ms_per_s"] / lock["cost"]["thread_ms_per_s"]
    print(f"    {lock['cost']['thread_ms_per_s']:.0f} thread-ms/s, {100 * share:.0f} % handed over; "
          f"{lock.get('convoy')}")
    if (mode == "convoy") != ("convoy" in lock):
        yield f"convoy: {lock.get('convoy')}"


def faults_of_best(quarrel, program, mode, folder):
    """Whether a queue stands all the time is the scheduler's choice: a convoy may take several tries, others none."""
    tries = 4 if mode == "convoy" else 1
    faults = []
    for _ in range(tries):
        faults = list(faults_of(mode, report_of(quarrel, program, mode, folder)))
        if not faults:
            break
    return faults


def main():
    quarrel, program, *modes = sys.argv[1:]
    doctor = subprocess.run([quarrel, "doctor"], capture_output=True, text=True)
    if re.search(r"lock_waits\s+off", doctor.stdout):
        print("skipped: lock_waits cannot run here; see quarrel doctor")
        sys.exit(SKIP)
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for mode in modes or MODES:
            print(mode)
            for fault in faults_of_best(quarrel, program, mode, folder):
                print(f"  {mode}: {fault}")
                count += 1
    print(f"{count} faults")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
