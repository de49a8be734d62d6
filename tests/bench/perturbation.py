#!/usr/bin/env python3
"""Do copied stacks change what is measured? No test: prints figures with and without.

perturbation.py QUARREL LOCK_LOAD [ROUNDS]. Recordings of one load with stacks and with timing only
(one capture a second) alternate in random order. Compared: the share of futex calls that came too
late to sleep (EAGAIN), and the waits: their mean, half of them and 99 % end within. Medians over the
rounds, each by timing only in the same round, with the 95 % interval.
"""
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

from attach_cost import LockLoad, describe

TIMING = ["--max-captures", "1"]
MODES = {"timing": TIMING, "timing again": TIMING, "copied": [], "exact": ["--wait-stacks", "exact"]}
SECONDS = "2s"


def quantile(buckets, share):
    """By a straight line within the bucket (4 for each power of two from 512 ns; see WaitHistogramShape)."""
    left = share * sum(buckets.values())
    for bucket in sorted(buckets):
        if buckets[bucket] >= left:
            low, high = (2 ** (9 + edge // 4) * (1 + edge % 4 / 4) for edge in (bucket, bucket + 1))
            return low + (high - low) * left / buckets[bucket]
        left -= buckets[bucket]
    raise ValueError("no waits")


def record(quarrel, pid, options, folder):
    path = folder / "run.quarrel"
    subprocess.run([quarrel, "record", "-p", str(pid), "-d", SECONDS, "--force", "-o", path,
                    "--collectors", "lock_waits", *options], check=True, capture_output=True)
    with sqlite3.connect(path) as database:
        too_late, = database.execute("select sum(not_blocked) from lock_stats").fetchone()
        slept, total_ns = database.execute(
            "select sum(waits), sum(total_wait_ns) from lock_waits").fetchone()
        buckets = dict(database.execute(
            "select bucket, sum(waits) from lock_stats_buckets group by bucket"))
    return {"too late": too_late / (too_late + slept), "mean": total_ns / slept,
            "p50": quantile(buckets, 0.5), "p99": quantile(buckets, 0.99)}


def compare(quarrel, lock_load, name, rounds):
    ratios = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        for _ in range(rounds):
            load = LockLoad(lock_load, name, folder)
            load.start()
            figures = {mode: record(quarrel, load.process.pid, MODES[mode], folder)
                       for mode in random.sample(list(MODES), len(MODES))}
            load.stop()
            for mode, figure in figures.items():
                ratios[mode].append({key: figure[key] / figures["timing"][key]
                                     for key in figure if figures["timing"][key]})
    for mode in MODES:
        if mode == "timing":
            continue
        for key in ratios[mode][0]:
            print(f"{name:<8} {mode:<12} {key:<9} {describe([row[key] for row in ratios[mode]])}",
                  flush=True)


def main():
    quarrel, lock_load = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    print(f"{'load':<8} {'stacks':<12} {'figure':<9} by timing only, 95 % interval")
    for name in ("handoff", "rush"):
        compare(quarrel, lock_load, name, rounds)


if __name__ == "__main__":
    main()
