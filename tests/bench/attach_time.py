#!/usr/bin/env python3
"""How soon does a recording of mariadbd have its first event, and how much memory does it take? No test.

attach_time.py QUARREL [ROUNDS]. Prints, for each round, the seconds from the start of the command to
the first event in the recording, and the largest resident set of the recorder. The load is sysbench.
"""
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "services"))
import attach_service  # noqa: E402
from attach_service import Mariadb  # noqa: E402

SECONDS = 10


def first_event_ns(path):
    """CLOCK_MONOTONIC of the first sample or captured wait."""
    with sqlite3.connect(path) as database:
        times = [database.execute(f"select min({column}) from {table}").fetchone()[0]
                 for table, column in (("line_samples", "time_ns"), ("long_waits", "start_ns + wait_ns"))]
    return min(value for value in times if value)


def main():
    quarrel = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    attach_service.LOAD_SECONDS = (SECONDS + 5) * rounds
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folder.chmod(0o755)
        service = Mariadb(folder)
        service.start()
        load = service.load()
        try:
            time.sleep(2)
            for _ in range(rounds):
                begin = time.monotonic_ns()
                recorder = subprocess.Popen(
                    [quarrel, "record", "-p", str(service.process.pid), "-d", f"{SECONDS}s",
                     "--force", "-o", folder / "run.quarrel"], stderr=subprocess.DEVNULL)
                _, status, usage = os.wait4(recorder.pid, 0)
                assert status == 0, status
                peak = usage.ru_maxrss / 1024
                seconds = (first_event_ns(folder / "run.quarrel") - begin) / 1e9
                print(f"first event after {seconds:.2f} s; peak memory {peak:.0f} MB")
        finally:
            load.kill()
            load.wait()
            service.stop()


if __name__ == "__main__":
    main()
