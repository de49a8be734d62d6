#!/usr/bin/env python3
"""What does a scan cost beside the compiler and clang-tidy, over the same compile database?

Runs, interleaved and repeated: clang -fsyntax-only over every unit; a cold scan (empty cache); an
unchanged rescan; a rescan with one source touched; clang-tidy with the concurrency and performance
checks. Prints CPU seconds (user and system, children included), wall time and the largest process of
each, and the ratios that matter. Medians over the rounds: the machine may be shared.

    scan_speed.py build/release/bin/quarrel-scan -p PROJECT/build -j2 --rounds 3
"""
import argparse
import concurrent.futures
import functools
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "static"))
from scan_tool import units_of  # noqa: E402

TIDY_CHECKS = "-*,concurrency-*,performance-*"


@functools.cache
def is_known_to_clang(option):
    """gcc has -f and -m options of its own; with one of them clang would not even start."""
    return subprocess.run(["clang-19", "-fsyntax-only", "-x", "c++", option, "/dev/null"],
                          check=False, stderr=subprocess.DEVNULL).returncode == 0


def syntax_command(words):
    """The compile command without its outputs, for clang."""
    kept, skip = ["clang++-19" if "++" in words[0] else "clang-19"], False
    for word in words[1:]:
        if skip or word in ("-c", "-o") or word.startswith("-M") or word.startswith("-Werror"):
            skip = word in ("-o", "-MF", "-MT", "-MQ")
            continue
        if not word.startswith(("-f", "-m", "--param")) or is_known_to_clang(word):
            kept.append(word)
    return [*kept, "-fsyntax-only", "-w"]


def quiet(command, folder=None):
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def in_parallel(jobs, commands):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda each: quiet(*each), commands))


def child_main(work):
    """Runs `work` in a child of its own, so that its rusage is that of the work alone."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        work()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        pathlib.Path(os.environ["SCAN_SPEED_OUT"]).write_text(
            f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}")
        os._exit(0)
    os.waitpid(child, 0)
    cpu, rss = pathlib.Path(os.environ["SCAN_SPEED_OUT"]).read_text().split()
    return {"cpu_s": float(cpu), "wall_s": time.monotonic() - start, "rss_mib": float(rss)}


def measure(arguments, units, folder):
    scan = [arguments.scan, "-p", str(arguments.build), "-j", str(arguments.jobs), "--json", "-o"]
    cache = folder / "cache"
    touched = sorted(units)[len(units) // 2]

    def scan_with(output):
        quiet([*scan, str(folder / output), "--cache", str(cache)])

    def cold():
        shutil.rmtree(cache, ignore_errors=True)
        scan_with("cold.json")

    def one_touched():
        original = pathlib.Path(touched).read_bytes()
        pathlib.Path(touched).write_bytes(original + b"\n// touched\n")
        os.utime(touched, (time.time() - 5, time.time() - 5))
        try:
            scan_with("touched.json")
        finally:
            pathlib.Path(touched).write_bytes(original)

    syntax = [(syntax_command(words), folder) for words, folder in units.values()]
    works = {
        "clang -fsyntax-only": lambda: in_parallel(arguments.jobs, syntax),
        "scan, cold": cold,
        "scan, unchanged": lambda: scan_with("again.json"),
        "scan, one touched": one_touched,
        "that unit alone": lambda: quiet([*scan, str(folder / "one.json"), "--no-cache", touched]),
    }
    if not arguments.no_tidy:
        works["clang-tidy"] = lambda: in_parallel(arguments.jobs, [
            (["clang-tidy-19", f"--checks={TIDY_CHECKS}", "-p", str(arguments.build), "--quiet", u],)
            for u in units])
    return {name: child_main(work) for name, work in works.items()}


def report(rounds):
    def median(name, what):
        return statistics.median(each[name][what] for each in rounds)

    print(f"{'':22} {'CPU s':>9} {'wall s':>9} {'max MiB':>9}")
    for name in rounds[0]:
        print(f"{name:22} {median(name, 'cpu_s'):9.2f} {median(name, 'wall_s'):9.2f} "
              f"{median(name, 'rss_mib'):9.0f}")
    cold = median("scan, cold", "cpu_s")
    print(f"\ncold / clang -fsyntax-only: {cold / median('clang -fsyntax-only', 'cpu_s'):.2f}")
    print(f"unchanged / cold: {100 * median('scan, unchanged', 'cpu_s') / cold:.1f} %")
    beyond = median("scan, one touched", "cpu_s") - median("that unit alone", "cpu_s")
    print(f"one touched, beyond that unit: {100 * beyond / cold:.1f} % of cold")
    if "clang-tidy" in rounds[0]:
        print(f"cold / clang-tidy: {cold / median('clang-tidy', 'cpu_s'):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan")
    parser.add_argument("-p", "--build", type=pathlib.Path, required=True)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-tidy", action="store_true", help="clang-tidy takes long")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    units = units_of(arguments.build / "compile_commands.json")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SCAN_SPEED_OUT"] = str(pathlib.Path(folder) / "usage")
        print(f"{len(units)} units, -j{arguments.jobs}, {arguments.rounds} interleaved rounds")
        report([measure(arguments, units, pathlib.Path(folder)) for _ in range(arguments.rounds)])


if __name__ == "__main__":
    sys.exit(main())
