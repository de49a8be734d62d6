#!/usr/bin/env python3
"""Are the stacks of waiting and of computing threads those that gdb and libdw see?

check_matrix.py WALKER [--full] [--samples N]: builds contexts.cc in the variants of the matrix,
compares every stack of a waiting thread, pc by pc, with gdb's (all must be equal), and stacks at
random instructions, by rows, with libdw's (99.5 %). Prints a table line for each variant.
"""
import argparse
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COMPILERS = {"gcc": ["g++-12", "g++"], "clang": ["clang++-19", "clang++"]}
LINKS = {"pie": ["-pie", "-fPIE"], "nopie": ["-no-pie", "-fno-pie"], "static": ["-static"]}
FULL = list(itertools.product(COMPILERS, ["-O0", "-O2", "-O3"], LINKS, ["-g", ""]))
SMALL = [("gcc", "-O2", "pie", "-g"), ("gcc", "-O0", "static", ""), ("clang", "-O3", "nopie", "")]
LEAST_SAME = 0.995
SKIPPED = 77


def compiler_named(name):
    for program in COMPILERS[name]:
        if shutil.which(program):
            return program
    return None


def build(variant, folder):
    name, level, link, debug = variant
    compiler = compiler_named(name)
    flags = [level, *LINKS[link], *([debug] if debug else [])]
    program = folder / "-".join(["contexts", name, level[1:], link, debug[1:] or "plain"])
    subprocess.run([compiler, "-std=c++20", *flags, HERE / "contexts.cc", "-o", program, "-pthread",
                    "-Wl,-z,lazy"], check=True, stderr=subprocess.PIPE)
    if link != "static":
        subprocess.run([compiler, level, "-fPIC", "-shared", HERE / "plugin.cc", "-o",
                        f"{program}.plugin.so"], check=True)
    return program


def gdb_frames(pid):
    command = ["gdb", "-nx", "-batch", "-p", str(pid), "-ex", "set debuginfod enabled off", "-ex",
               "set backtrace past-main on", "-ex", "set backtrace limit 1000", "-x",
               str(HERE / "print_frames.gdb.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    lines = re.findall(r"^frames (\d+) (.*)$", done.stdout, re.M)
    return {int(tid): frames.split() for tid, frames in lines}


def read_walk(stream):
    """pid, and for each thread its name, tid and what the unwinders say."""
    pid = int(stream.readline().split()[1])
    threads = []
    while (line := stream.readline().strip()) != "ready":
        name, tid, *statuses = line.split()
        threads.append((name, int(tid), statuses, [stream.readline().split() for _ in range(2)]))
    return pid, threads


def describe(name, statuses, rows, libdw, gdb):
    print(f"  {name}: by rows {statuses[0]}, by libdw {statuses[1]}")
    for who, frames in (("rows", rows), ("libdw", libdw), ("gdb", gdb)):
        print(f"    {who:5} {' '.join(frames)}")


def check_waits(walker, program):
    """(threads, those that are as gdb says)"""
    with subprocess.Popen([walker, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            pid, threads = read_walk(process.stdout)
            expected = gdb_frames(pid)
        finally:
            process.stdin.close()
        process.wait(timeout=30)
    same = 0
    for name, tid, statuses, (rows, libdw) in threads:
        if rows == libdw == expected.get(tid) and statuses == ["complete", "complete"]:
            same += 1
        else:
            describe(name, statuses, rows, libdw, expected.get(tid, []))
    return len(threads), same


def check_samples(walker, program, samples):
    environment = {**os.environ, "QUARREL_CONTEXTS": "compute"}
    done = subprocess.run([walker, program, str(samples)], capture_output=True, text=True,
                          check=True, timeout=300, env=environment)
    lines = done.stdout.splitlines()
    if len(lines) > 1:
        print("\n".join(line[:400] for line in lines[:6]))
    words = lines[-1].split()
    return {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}


def check(variant, options, folder):
    program = build(variant, folder)
    threads, same = check_waits(options.walker, program)
    counts = check_samples(options.walker, program, options.samples)
    share = (counts["same"] + counts["longer"]) / max(counts["samples"], 1)
    print(f"{program.name:32} waiting {same}/{threads}  computing {counts['same']}/"
          f"{counts['samples']}, longer {counts['longer']}, complete {counts['complete']}, "
          f"by libdw only {counts['not_by_rows']}", flush=True)
    return same == threads and counts["samples"] > 0 and share >= LEAST_SAME


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("walker")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--samples", type=int, default=300)
    options = parser.parse_args()
    if not shutil.which("gdb"):
        print("skipped: no gdb (apt-get install gdb)")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for variant in FULL if options.full else SMALL:
            if not check(variant, options, pathlib.Path(folder)):
                failed += 1
    print(f"{failed} variants failed" if failed else "all variants are as gdb and libdw say")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
