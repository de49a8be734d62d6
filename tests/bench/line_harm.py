#!/usr/bin/env python3
"""What does each pattern of sharing cost, by the time per iteration against its padded twin?

line_harm.py LINES_PATTERNS [--rounds N] [PATTERN...]. Original and twin alternate in bursts of 0.4 s under
SCHED_FIFO, so that other load of the machine hardly counts. Prints a table for docs/lines.md.
"""
import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lines"))
from padding_gain import burst_times  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_intermixed_args()
    listed = subprocess.run([arguments.program, "list"], capture_output=True, text=True, check=True)
    twins = [line.split()[0] for line in listed.stdout.splitlines() if line.endswith("twin")]
    print("| pattern | thread | ns | ns padded | ratio |\n|---|---|---|---|---|")
    for pattern in arguments.patterns or twins:
        for thread, (tight, padded) in burst_times(arguments.program, pattern, arguments.rounds).items():
            print(f"| {pattern} | {thread} | {tight:.2f} | {padded:.2f} | {tight / padded:.2f} |", flush=True)


if __name__ == "__main__":
    main()
