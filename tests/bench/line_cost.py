#!/usr/bin/env python3
"""What does sampling lines cost the target, beside perf at the same rate? No test: prints a table.

line_cost.py QUARREL LINES_PATTERNS [--rounds N] [--seconds S] [--hz N]

Two threads count, each on its own line, and never sleep. Runs without a tool and with each of the tools attached
alternate; shown is the CPU time of an iteration against that without a tool (median over the rounds with the range of
the middle half), which counts what happens in interrupts but not what else runs on the machine, and the CPU time of the
tool itself per second.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

SETTLE_SECONDS = 0.7


def target_ns(output):
    speeds = json.loads(output.splitlines()[-1])["ns_per_iteration"]
    return statistics.mean(speeds.values())


def commands(arguments, folder):
    """Tool -> command that attaches to {pid} until it is interrupted."""
    out = os.path.join(folder, "out")
    tools = {"none": None,
             "quarrel record, line_samples": [arguments.quarrel, "record", "--force", "-o", out, "--sample-hz",
                                              str(arguments.hz), "--collectors", "line_samples", "-p"],
             "quarrel record, as it is": [arguments.quarrel, "record", "--force", "-o", out, "--sample-hz",
                                          str(arguments.hz), "-p"]}
    if shutil.which("perf"):
        tools["perf record --call-graph dwarf"] = ["perf", "record", "-q", "-e", "cpu-clock", "--call-graph", "dwarf",
                                                   "-F", str(arguments.hz), "-o", out, "-p"]
    return tools


def own_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(arguments, tool):
    """Nanoseconds of an iteration, and seconds of CPU that the tool took each second."""
    program = [arguments.program, "adjacent_atomics", "--padded", "--busy", str(arguments.seconds)]
    attached = None
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as target:
        if tool:
            attached = subprocess.Popen([*tool, str(target.pid)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        output = target.stdout.read()
    target_used = own_cpu()
    if attached:
        attached.wait(timeout=60)
    return target_ns(output), (own_cpu() - target_used) / arguments.seconds if attached else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("quarrel")
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--hz", type=int, default=499)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = commands(arguments, folder)
        results = {name: [] for name in tools}
        for _ in range(arguments.rounds):
            for name, tool in tools.items():
                results[name].append(run(arguments, tool))
                time.sleep(SETTLE_SECONDS)
    print("| tool | slower by | middle half | own CPU |\n|---|---|---|---|")
    base = [ns for ns, _ in results["none"]]
    for name, runs in results.items():
        ratios = [100 * (ns / alone - 1) for (ns, _), alone in zip(runs, base)]
        low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0],) * 3
        print(f"| {name} | {statistics.median(ratios):.1f} % | {low:.1f} to {high:.1f} | "
              f"{statistics.median(cpu for _, cpu in runs):.3f} s/s |")


if __name__ == "__main__":
    main()
