#!/usr/bin/env python3
"""What does `record --allocations` cost a program that allocates? No test: prints figures with and without.

allocation_cost.py QUARREL ALLOCATION_LOAD [ROUNDS]. The load runs under `quarrel record` with and without --allocations, in
random order; CPU time of a fixed amount of its work, divided by that without in the same round. Medians with the least and the
greatest.
"""
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

# Arithmetic between two blocks: none, some 1 us, 20 us of it. Rounds of 64 blocks for some seconds; where every block is
# probed a twentieth of them.
LOADS = {"malloc alone": (0, 2_500_000), "a block per us": (900, 60_000), "a block per 20 us": (18_000, 3_000)}
LIMITED = {"without": [], "without again": [], "2 %": ["--allocations"]}
MODES = LIMITED | {"unlimited": ["--allocations", "--max-overhead", "100"]}


def run(quarrel, program, load, mode, folder):
    work, rounds = load
    command = [program, str(work), str(rounds if mode in LIMITED else rounds // 20)]
    done = subprocess.run([quarrel, "record", "--force", "-o", folder / "run.quarrel", *MODES[mode], "--", *command],
                          check=True, capture_output=True, text=True, timeout=300)
    return float(re.search(r"^ns_per_block ([\d.]+)", done.stdout, re.MULTILINE)[1])


def main():
    quarrel, program, *rounds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as text:
        for name, arguments in LOADS.items():
            figures = {mode: [] for mode in MODES}
            for _ in range(int(rounds[0]) if rounds else 5):
                for mode in random.sample(list(MODES), len(MODES)):
                    figures[mode].append(run(quarrel, program, arguments, mode, pathlib.Path(text)))
            bare = figures["without"]
            print(f"{name}: {statistics.median(bare):.0f} ns of CPU time per block")
            for mode, results in figures.items():
                ratios = [one / other for one, other in zip(results, bare)]
                print(f"  {mode:14} {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
