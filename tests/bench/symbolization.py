#!/usr/bin/env python3
"""How right and how dear are names? Prints the tables of docs/symbolization.md.

    symbolization.py [--builds FOLDER] [--big BINARY[:DEBUG_PATH]]...

Builds name_addresses (our own resolver, some 60 units) with gcc, with clang, with split DWARF and
after dwz, compares 2,000 random addresses of each with llvm-symbolizer, and then times 10,000
addresses of each BINARY beside the other symbolizers that are installed."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/resolve"))
import check_symbolization  # noqa: E402

RUNS = 3  # the median is shown
VARIANTS = {
    "gcc": ["-DCMAKE_CXX_FLAGS=-O2 -g"],
    "clang": ["-DCMAKE_CXX_FLAGS=-O2 -g", "-DCMAKE_C_COMPILER=clang-19",
              "-DCMAKE_CXX_COMPILER=clang++-19"],
    "split": ["-DCMAKE_CXX_FLAGS=-O2 -g -gsplit-dwarf"],
}


def build(name, options, folder):
    subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=",
                    "-DQUARREL_BUILD_SCAN=OFF", *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, "-j2", "name_addresses", "render_sample"], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / "tests/resolve/name_addresses"


def with_dwz(binary, folder):
    """Copies of two binaries that share a common file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    other = binary.parent.parent / "report/render_sample"
    shutil.copy(binary, folder / "name_addresses")
    shutil.copy(other, folder / "render_sample")
    subprocess.run(["dwz", "-m", "common.debug", "name_addresses", "render_sample"], cwd=folder,
                   check=True)
    return folder / "name_addresses"


def compare_all(tool, binaries):
    status = 0
    for name, pair in binaries.items():
        print(f"-- {name}", flush=True)
        script = ROOT / "tests/resolve/check_symbolization.py"
        status |= subprocess.run([sys.executable, script, tool, pair], check=False).returncode
    return status


def measure(command, addresses):
    """Seconds, and the peak of the largest process in MB."""
    with tempfile.TemporaryFile("w+") as text, tempfile.NamedTemporaryFile("r") as peak:
        text.write("".join(f"{address:#x}\n" for address in addresses))
        text.seek(0)
        start = time.monotonic()
        subprocess.run(["/usr/bin/time", "-o", peak.name, "-f", "%M", *command], stdin=text,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return time.monotonic() - start, int(peak.read().split()[-1]) // 1024


def time_one(tool, binary, debug_path, count):
    addresses = check_symbolization.random_addresses(binary, count, 1)
    debug = [debug_path] if debug_path else []
    commands = {"quarrel": [tool, os.path.abspath(binary), *debug]}
    if shutil.which("llvm-symbolizer-19"):
        commands["llvm-symbolizer-19"] = [
            "llvm-symbolizer-19", "--inlines", f"--obj={binary}",
            *[f"--debug-file-directory={path}" for path in debug]]
    if shutil.which("addr2line") and not debug:
        commands["addr2line -i"] = ["addr2line", "-fi", "-e", binary]
    for name, command in commands.items():
        runs = sorted(measure(command, addresses) for _ in range(RUNS))
        seconds, megabytes = runs[RUNS // 2]
        print(f"| {os.path.basename(binary)} | {name} | {count:,} | {seconds:.1f} s | "
              f"{megabytes} MB |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--big", action="append", default=[])
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--builds", type=pathlib.Path, default=ROOT / "build/symbolization")
    arguments = parser.parse_args()
    built = {name: build(name, options, arguments.builds / name)
             for name, options in VARIANTS.items()}
    tool = built["gcc"]
    binaries = {name: str(path) for name, path in built.items()}
    if shutil.which("dwz"):
        binaries["dwz"] = f"{with_dwz(tool, arguments.builds / 'dwz')}:{tool}"
    status = compare_all(tool, binaries)
    for pair in arguments.big:
        binary, _, debug_path = pair.partition(":")
        time_one(tool, binary, debug_path, arguments.count)
    return status


if __name__ == "__main__":
    sys.exit(main())
