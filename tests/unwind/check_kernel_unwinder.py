#!/usr/bin/env python3
"""Does the unwinder in the kernel see what the one in user space sees in copies of the same stacks?

check_kernel_unwinder.py QUARREL: threads contend for a mutex below frames of every kind
(contexts.cc). Every wait must be in a complete stack, the sums by stack must be those by lock, and
no stack may differ from that of its copy.
"""
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

import check_matrix

VARIANTS = [("gcc", "-O2", "pie", "-g"), ("clang", "-O3", "nopie", "-g"),
            ("gcc", "-O0", "static", "-g")]
LEAST_CONTEXTS = 12
SKIPPED = 77


def record(quarrel, program, output):
    environment = {**os.environ, "QUARREL_CONTEXTS": "contend"}
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=environment) as target:
        try:
            while target.stdout.readline() not in ("ready\n", ""):
                pass
            subprocess.run([quarrel, "record", "-p", str(target.pid), "-d", "3s", "-o", output,
                            "--collectors", "lock_waits", "--wait-stacks", "exact"], check=True,
                           timeout=100, stderr=subprocess.DEVNULL)
        finally:
            target.kill()


def failures(output):
    with sqlite3.connect(output) as database:
        one = lambda question: database.execute(question).fetchone()
        (reason,) = one("SELECT reason FROM coverage WHERE collector = 'wait_stacks'")
        found = re.search(r"of (\d+) also copied, (\d+) are different", reason)
        stacks, samples, by_stack = one("SELECT count(DISTINCT stack_id), sum(samples), "
                                        "sum(weight_ns) FROM wait_stacks")
        (by_lock,) = one("SELECT sum(total_wait_ns) FROM lock_waits")
        (early,) = one("SELECT coalesce(sum(samples), 0) FROM wait_stacks JOIN stacks "
                       "ON stacks.id = stack_id WHERE status <> 'complete'")
    print(f"  {samples} waits in {stacks} stacks, {early} incomplete; by stack {by_stack / 1e6:.1f}"
          f" ms, by lock {by_lock / 1e6:.1f} ms; {reason}")
    if not found:
        yield "the kernel did not unwind: " + reason
    elif int(found[1]) < LEAST_CONTEXTS or int(found[2]) > 0:
        yield "too few compared, or different"
    if stacks < LEAST_CONTEXTS or early:
        yield "too few stacks, or incomplete ones"
    if abs(by_stack - by_lock) > 0.02 * by_lock:
        yield "sums by stack are not those by lock"


def main():
    if os.geteuid() != 0:
        print("skipped: recording needs root (run the test as root)")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for variant in VARIANTS:
            program = check_matrix.build(variant, folder)
            print(program.name, flush=True)
            record(sys.argv[1], program, folder / f"{program.name}.quarrel")
            for failure in failures(folder / f"{program.name}.quarrel"):
                print(f"  FAILED: {failure}")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
