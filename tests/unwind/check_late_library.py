#!/usr/bin/env python3
"""Is a library that is opened during the recording found when it is first on a stack?

check_late_library.py QUARREL: every stack that was captured below the library must be complete.
"""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
# Weight of the stacks of waits in which a frame of the library stands, and of them the incomplete.
QUESTION = """
WITH below AS (
  SELECT DISTINCT stack_id FROM stack_frames JOIN mappings
  ON pc_address BETWEEN start_address AND end_address - 1
  JOIN modules ON modules.id = module_id WHERE path LIKE '%.plugin.so')
SELECT count(*), sum(status <> 'complete'), sum(samples) FROM wait_stacks
JOIN stacks ON stacks.id = stack_id WHERE stack_id IN (SELECT stack_id FROM below)
"""
UNKNOWN = """
SELECT coalesce(sum(samples), 0) FROM wait_stacks
JOIN stacks ON stacks.id = stack_id WHERE status <> 'complete'
"""

REASON = "SELECT reason FROM coverage WHERE collector = 'wait_stacks'"


def record(quarrel, folder, mode):
    program = folder / "late_library"
    compiler = shutil.which("g++-12") or shutil.which("g++")
    subprocess.run([compiler, "-O2", HERE / "late_library.cc", "-o", program, "-pthread"],
                   check=True)
    subprocess.run([compiler, "-O2", "-fPIC", "-shared", HERE / "plugin.cc", "-o",
                    f"{program}.plugin.so"], check=True)
    output = folder / f"{mode}.quarrel"
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as target:
        try:
            target.stdout.readline()
            with subprocess.Popen([quarrel, "record", "-p", str(target.pid), "-d", "4s", "-o",
                                   output, "--collectors", "lock_waits", "--wait-stacks",
                                   mode], stderr=subprocess.DEVNULL) as recorder:
                time.sleep(1.5)
                target.stdin.write(b"\n")
                target.stdin.flush()
                recorder.wait(timeout=60)
        finally:
            target.kill()
    return output


def is_found(quarrel, folder, mode):
    with sqlite3.connect(record(quarrel, folder, mode)) as database:
        stacks, incomplete, samples = database.execute(QUESTION).fetchone()
        (unknown,) = database.execute(UNKNOWN).fetchone()
        (reason,) = database.execute(REASON).fetchone()
    print(f"{mode}: {samples} samples below the library in {stacks} stacks, {incomplete} incomplete; "
          f"{unknown} samples whose stack ends early; {reason}", flush=True)
    return stacks > 0 and not incomplete and unknown <= 2


def main():
    if os.geteuid() != 0:
        print("skipped: recording needs root (run the test as root)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        found = [is_found(sys.argv[1], pathlib.Path(folder), mode) for mode in ("copied", "exact")]
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
