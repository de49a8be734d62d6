#!/usr/bin/env python3
"""Does a scan say the same however its work was divided?

Scans a project with one worker and with four, and each unit in a scan of its own, whose facts are
then merged and reported. Facts, text, JSON and SARIF must be the same bytes all three times, and
every unit that is not complete must be explained in the output. Exit 1 with what differs.

    scan_identity.py build/release/bin/quarrel-scan -p PROJECT/build
    scan_identity.py build/dev/bin/quarrel-scan --fixtures      # the sources beside this script
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

from scan_tool import HERE, units_of, write_database

FORMATS = {"text": [], "json": ["--json"], "sarif": ["--sarif"]}  # and how a report is told
COUNT = re.compile(r"^(\d+) of (\d+) translation units analysed(?: \((\d+) with errors\))?$", re.M)
REASON = re.compile(r"^(\S.*): (with errors|failed|crashed|out of memory|timed out): \S", re.M)


def scan(arguments, *options):
    return subprocess.run([arguments.scan, "-p", arguments.build, *arguments.root, *options],
                          check=False, capture_output=True, text=True)


def whole(arguments, folder, jobs):
    """All outputs of one scan by name; the formats after the first come from its cache."""
    results = {}
    facts = folder / f"{jobs}.quarrel"
    for name in FORMATS:
        output = folder / f"{jobs}.{name}"
        keep = [] if facts.exists() else ["--facts", str(facts)]
        done = scan(arguments, "-j", str(jobs), "--cache", str(folder / f"cache{jobs}"),
                    "--format", name, "-o", str(output), *keep)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"scan -j{jobs} exits {done.returncode}: {done.stderr}")
        results[name] = output.read_bytes()
        results["messages"] = done.stderr
    results["facts"] = facts.read_bytes()
    return results


def in_parts(arguments, folder, units):
    """The same from one scan for each unit, in another order."""
    def facts_of(number_and_unit):
        number, unit = number_and_unit
        part = folder / f"part{number}.quarrel"
        done = scan(arguments, "-j1", "--no-cache", unit, "--facts", str(part), "-o", "/dev/null")
        if not part.exists():
            sys.exit(f"{unit}: exits {done.returncode}: {done.stderr}")
        return part

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        parts = list(pool.map(facts_of, enumerate(units)))
    quarrel = pathlib.Path(arguments.scan).with_name("quarrel")
    merged = folder / "merged.quarrel"
    subprocess.run([quarrel, "merge", *reversed(parts), "-o", merged], check=True,
                   stderr=subprocess.DEVNULL)
    results = {"facts": merged.read_bytes()}
    for name, option in FORMATS.items():
        results[name] = subprocess.run([quarrel, "report", merged, *option], check=True,
                                       capture_output=True).stdout
    return results


def unexplained(messages):
    """How many units are not complete without a line that says why."""
    analysed, total, with_errors = (int(each or 0) for each in COUNT.search(messages).groups())
    return total - analysed + with_errors - len(REASON.findall(messages))


def check(arguments, folder):
    one, four = whole(arguments, folder, 1), whole(arguments, folder, 4)
    print(COUNT.search(one["messages"]).group(0))
    for line in REASON.finditer(one["messages"]):
        print(" ", line.string[line.start():].split("\n", 1)[0])
    units = sorted(units_of(pathlib.Path(arguments.build) / "compile_commands.json"))
    parts = in_parts(arguments, folder, units)
    wrong = [f"{unexplained(one['messages'])} units without a reason"] * (
        unexplained(one["messages"]) != 0)
    for name in ("facts", *FORMATS):
        wrong += [f"{name}: -j1 and -j4 differ"] * (one[name] != four[name])
        wrong += [f"{name}: one scan and merged parts differ"] * (one[name] != parts[name])
        print(f"{name}: {len(one[name])} bytes from -j1, {len(four[name])} from -j4, "
              f"{len(parts[name])} from {len(units)} parts")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan")
    parser.add_argument("-p", "--build", help="folder of compile_commands.json")
    parser.add_argument("--fixtures", action="store_true", help="instead of a project")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="scans of single units at once")
    arguments = parser.parse_args()
    arguments.root = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        if arguments.fixtures:
            write_database(folder, sorted(p for p in (HERE / "fixtures").iterdir()
                                          if p.suffix in (".c", ".cc")))
            arguments.build, arguments.root = temporary, ["--root", str(HERE / "fixtures")]
        wrong = check(arguments, folder)
    print("\n".join(wrong) or "the same bytes each time")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
