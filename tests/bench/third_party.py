#!/usr/bin/env python3
"""What does quarrel say about benchmark programs of others whose cache-line sharing is known?

third_party.py QUARREL FEATHER HURON [-k WORD] [-o FOLDER]

FEATHER is benchmarks/featherlight/microbenchmarks-small-input of github.com/prospar/false-sharing-micro24, HURON is
test_suites of github.com/efeslab/huron; neither is part of this project. Each program is built at -O0 and -O2 with
debug information, runs for at most 5 s under `quarrel record`, and its line findings are printed beside what is expected:
F (some bytes falsely shared), T (truly shared), M (mixed), - (nothing, or a line that the verdict leaves alone).
"""
import argparse
import json
import os
import pathlib
import random
import signal
import string
import subprocess
import tempfile
import time
from dataclasses import dataclass

KEYS = "@keys"  # replaced by a file of random words, one a line


@dataclass
class Case:
    name: str
    source: str
    arguments: tuple
    expected: dict  # by optimisation level
    flags: tuple = ()
    has_child: bool = False  # a second process, recorded as well


def feather(test, o0, o2, has_fixed=False, has_child=False, power="29"):
    cases = [Case(f"feather {test}", f"test{test}-small.cpp", (power,), {"-O0": o0, "-O2": o2}, has_child=has_child)]
    if has_fixed:
        cases.append(Case(f"feather {test} fixed", f"test{test}-small-manual.cpp", (power,), {"-O0": "-", "-O2": "-"},
                          has_child=has_child))
    return cases


# At -O2 the compiler keeps the plain counters and constants of most of these loops in registers.
FEATHER = [*feather(1, "F", "-", True), *feather(2, "-", "-"), *feather(3, "F", "-", True), *feather(4, "F", "-", True),
           *feather(5, "-", "-"), *feather(6, "F", "-", True), *feather(7, "T", "T"), *feather(8, "F", "-", True),
           *feather(9, "-", "-"), *feather(10, "F", "-", True, has_child=True, power="30")]


def pair(name, source, fixed, arguments, o0, o2, flags=()):
    return [Case(f"huron {name}", source, arguments, {"-O0": o0, "-O2": o2}, flags),
            Case(f"huron {name} fixed", fixed, arguments, {"-O0": "-", "-O2": "-"}, flags)]


# The fixed twin of "locked" still has a mutex on the line of a pointer that every thread reads, if it is not optimised.
HURON = [Case("huron locked", "locked/toy.c", ("1000000",), {"-O0": "F", "-O2": "F"}),
         Case("huron locked fixed", "locked/toy_manual.c", ("1000000",), {"-O0": "F", "-O2": "-"}),
         *pair("lockless", "lockless/toy.c", "lockless/toy_manual.c", ("1000000",), "F", "F"),
         *pair("spinlock_pool", "boost_test/spinlock_pool.cpp", "boost_test/spinlock_pool_manual.cpp", ("200000",), "F", "F"),
         *pair("linear_regression", "linear_regression/linear_regression_pthread.c",
               "linear_regression/linear_regression_pthread_manual.c", (KEYS,), "F", "-"),
         *pair("string_match", "string_match/string_match_pthreads.c", "string_match/string_match_pthreads_manual.c", (KEYS,),
               "F", "F"),
         Case("huron ref_count", "tmi_boost/ref_count/shared_ptr_fs.cpp", (), {"-O0": "F", "-O2": "-"}),
         Case("huron ref_count fixed", "tmi_boost/ref_count/shared_ptr_fs.cpp", (), {"-O0": "-", "-O2": "-"}, ("-DFIX_FS",)),
         *pair("lu_ncb", "lu_ncb/lu.c", "lu_ncb/lu_manual.c", ("-p2", "-n2048"), "F", "F")]

LETTERS = {"false": "F", "true": "T", "mixed": "M"}


def build(folder, case, level, output):
    compiler = "gcc" if case.source.endswith(".c") else "g++"
    command = [compiler, level, "-g", "-w", "-fpermissive", "-include", "cstdlib", *case.flags, folder / case.source, "-o", output, "-pthread", "-lm"]
    if compiler == "gcc":
        command = [word for word in command if word not in ("-fpermissive", "-include", "cstdlib")]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0 or print(f"{case.name} {level}: does not build: {done.stderr[:300]}")


def record(quarrel, program, arguments, output):
    subprocess.run([quarrel, "record", "--force", "-d", "5s", "-o", output, "--", program, *arguments],
                   capture_output=True, timeout=120)
    return [output]


def child_of(pid):
    for _ in range(100):
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    return None


def record_both(quarrel, program, arguments, output):
    """A process and its child, which outlives it if it is killed."""
    target = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    child = child_of(target.pid)
    pids = [pid for pid in (target.pid, child) if pid]
    paths = [output.with_suffix(f".{i}.quarrel") for i in range(len(pids))]
    recorders = [subprocess.Popen([quarrel, "record", "--force", "-p", str(pid), "-d", "5s", "-o", path],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                 for pid, path in zip(pids, paths)]
    for recorder in recorders:
        recorder.wait(60)
    if child and target.poll() is None:
        os.kill(child, signal.SIGTERM)  # not reaped yet: the parent waits for it
    target.kill()
    target.wait()
    return [path for path in paths if path.exists()]


def report_of(quarrel, paths):
    if not paths:
        return {"findings": []}  # it was over before the attach
    done = subprocess.run([quarrel, "report", *paths, "--json"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        print(done.stderr.strip())
        return {"findings": []}
    return json.loads(done.stdout)


def line_findings(report):
    return [one for one in report["findings"] if one["rule"] in ("false-sharing", "true-sharing")]


def letter_of(lines):
    letters = {LETTERS[one["sharing"]] for one in lines if one["verdict"] != "leave"}
    return "".join(sorted(letters)) or "-"


def describe(one):
    fields = ", ".join(f"{field['name']}@{field['offset']}" for field in one["subject"]["fields"][:4])
    watched = "C" if one.get("watched", {}).get("is_confirmed") else "."
    return (f"{LETTERS[one['sharing']]} {one['subject']['name']} [{fields}] {one['verdict']} {one['evidence']}{watched} "
            f"{one['cost']['thread_ms_per_s']:.0f}")


def make_keys(path):
    choose = random.Random(1)
    words = ["".join(choose.choices(string.ascii_lowercase, k=choose.randint(3, 12))) for _ in range(100_000)]
    path.write_text("\r\n".join(words * 210))


def run_case(options, folder, case, level, work):
    program = work / "program"
    if not build(folder, case, level, program):
        return None
    arguments = [str(work / "keys") if word == KEYS else word for word in case.arguments]
    output = pathlib.Path(options.output or work) / f"{case.name.replace(' ', '_')}{level}.quarrel"
    recorded = (record_both if case.has_child else record)(options.quarrel, program, arguments, output)
    lines = line_findings(report_of(options.quarrel, recorded))
    found, wanted = letter_of(lines), case.expected[level]
    print(f"{case.name:32} {level} {wanted:4} {found:4} {'ok' if found == wanted else 'DIFFERS':8} "
          + "; ".join(map(describe, lines[:4])), flush=True)
    return found == wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quarrel")
    parser.add_argument("feather", type=pathlib.Path)
    parser.add_argument("huron", type=pathlib.Path)
    parser.add_argument("-k", metavar="WORD", default="", help="only programs whose name holds it")
    parser.add_argument("-o", dest="output", help="keep the recordings in this folder")
    options = parser.parse_args()
    right = count = 0
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        make_keys(work / "keys")
        print(f"{'program':32} opt want found")
        for folder, cases in ((options.feather, FEATHER), (options.huron, HURON)):
            for case in cases:
                for level in ("-O0", "-O2"):
                    if options.k in case.name:
                        verdict = run_case(options, folder, case, level, work)
                        count += verdict is not None
                        right += bool(verdict)
    print(f"{right} of {count} as expected")


if __name__ == "__main__":
    main()
