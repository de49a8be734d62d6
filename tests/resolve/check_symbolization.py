#!/usr/bin/env python3
"""Do names, lines and inlined calls of random addresses equal llvm-symbolizer's?

    check_symbolization.py NAME_ADDRESSES BINARY[:ORACLE]... [--count N] [--seed N] [-v]

llvm-symbolizer is asked about ORACLE, if given: it does not read the common file of dwz, so a
binary after dwz is compared with what it says of the one before.
Functions are compared by their short name (llvm-symbolizer's mangled names go through the same
shortening), files after normalising the path. What differs is printed by kind, with examples."""
import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys

SYMBOLIZER = "llvm-symbolizer-19"


def executable_sections(binary):
    """(address, size) of the sections with code, from readelf."""
    lines = subprocess.run(["readelf", "-SW", binary], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    for line in lines:
        fields = line[line.find("]") + 1:].split()
        if len(fields) >= 7 and fields[1] == "PROGBITS" and "X" in fields[6]:
            yield int(fields[2], 16), int(fields[4], 16)


def random_addresses(binary, count, seed):
    sections = list(executable_sections(binary))
    chooser = random.Random(seed)
    weights = [size for _, size in sections]
    found = set()
    for _ in range(20 * count):
        if len(found) == count:
            break
        start, size = chooser.choices(sections, weights)[0]
        found.add(start + chooser.randrange(size))
    return sorted(found)


def short_path(path):
    return os.path.normpath(path) if path else ""


def ask_quarrel(tool, binary, addresses):
    text = "".join(f"{address:#x}\n" for address in addresses)
    output = subprocess.run([tool, binary], input=text, capture_output=True, text=True,
                            check=True).stdout
    result = {}
    for line in output.splitlines():
        address, *frames = line.split("\t")
        result[int(address, 16)] = [frame.rsplit("|", 3) for frame in frames]
    return result


def shortened(tool, names):
    names = sorted(names)
    text = "".join(name + "\n" for name in names)
    output = subprocess.run([tool, "--shorten"], input=text, capture_output=True, text=True,
                            check=True).stdout
    return dict(zip(names, output.splitlines()))


def ask_symbolizer(tool, binary, addresses):
    text = "".join(f"{address:#x}\n" for address in addresses)
    output = subprocess.run([SYMBOLIZER, "--no-demangle", "--inlines", "--output-style=JSON",
                             f"--obj={binary}"], input=text, capture_output=True, text=True,
                            check=True).stdout
    replies = [json.loads(line) for line in output.splitlines() if line]
    names = shortened(tool, {symbol["FunctionName"] for reply in replies
                             for symbol in reply["Symbol"]})
    result = {}
    for reply in replies:
        result[int(reply["Address"], 16)] = [
            [symbol["FunctionName"], names[symbol["FunctionName"]], short_path(symbol["FileName"]),
             symbol["Line"], symbol["Column"]] for symbol in reply["Symbol"]]
    return result


def same_name(ours, mangled, theirs):
    """Without a linkage name llvm-symbolizer knows only the last component."""
    if not theirs:
        return "+0x" in ours
    if mangled.startswith("_Z"):
        return ours == theirs
    spellings = [theirs, theirs.replace("operator()", "(lambda)", 1)]
    return any(ours == name or ours.endswith("::" + name) for name in spellings)


def compare_frame(ours, theirs):
    function, file, line, column = ours
    mangled, name, their_file, their_line, their_column = theirs
    if not same_name(function, mangled, name):
        return "name"
    # Line 0 is code that the compiler made up: quarrel names no file for it.
    if not their_line:
        return "" if line == "0" else "line"
    if file != their_file:
        return "file"
    if int(line) != their_line:
        return "line"
    return "" if int(column) == their_column else "column"


def compare(ours, theirs):
    """The first kind of difference and the index of its frame; ("", 0) if there is none."""
    for index, pair in enumerate(zip(ours, theirs)):
        kind = compare_frame(*pair)
        if kind:
            return kind, index
    return ("inlines", min(len(ours), len(theirs)) - 1) if len(ours) != len(theirs) else ("", 0)


class Symbols:
    """The symbol table, to tell which differences of names are a matter of choice."""

    def __init__(self, tool, binary):
        self.sized = []
        for table in [], ["-D"]:
            lines = subprocess.run(["nm", "-S", "--defined-only", *table, binary], text=True,
                                   capture_output=True, check=False).stdout.splitlines()
            rows = [line.split() for line in lines]
            self.sized += [(int(row[0], 16), int(row[1], 16), row[3].split("@")[0])
                           for row in rows if len(row) == 4]
        self.names = shortened(tool, {name for _, _, name in self.sized})

    def at(self, address):
        return {self.names[name] for start, size, name in self.sized
                if start <= address < start + size}


def explanation(symbols, address, ours, theirs):
    """Why two answers may differ although neither is wrong, or ""."""
    name = ours[-1][0]
    if "+0x" in name and not theirs[-1][3] and not symbols.at(address):
        return "outside of every symbol"  # llvm-symbolizer takes the nearest symbol below
    is_outermost = compare(ours, theirs)[1] == len(ours) - 1
    if is_outermost and {name, theirs[-1][1]} <= symbols.at(address):
        return "alias"  # several symbols of one address
    return ""


def show(address, ours, theirs):
    index = compare(ours, theirs)[1]
    print(f"  {address:#x}, call {index} of {len(ours)} (llvm-symbolizer: {len(theirs)})")
    print("    ours   ", *ours[index])
    print("    theirs ", *theirs[index][1:])


def check(tool, names, arguments):
    binary, _, oracle = names.partition(":")
    binary = os.path.abspath(binary)
    addresses = random_addresses(binary, arguments.count, arguments.seed)
    ours = ask_quarrel(tool, binary, addresses)
    theirs = ask_symbolizer(tool, oracle or binary, addresses)
    symbols = Symbols(tool, binary)
    kinds = collections.defaultdict(list)
    explained = collections.Counter()
    for address in addresses:
        kind, _ = compare(ours[address], theirs[address])
        reason = explanation(symbols, address, ours[address], theirs[address]) if kind else ""
        if reason:
            explained[reason] += 1
        elif kind:
            kinds[kind].append(address)
    different = sum(len(found) for found in kinds.values())
    inlined = sum(len(frames) > 1 for frames in theirs.values())
    print(f"{os.path.basename(binary)}: {len(addresses)} addresses, {inlined} with inlined calls: "
          f"{len(addresses) - different - explained.total()} equal;",
          "explained:", dict(explained), "different:",
          {kind: len(found) for kind, found in sorted(kinds.items())})
    for found in kinds.values():
        for address in found[:len(found) if arguments.verbose else 3]:
            show(address, ours[address], theirs[address])
    return different == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("binaries", nargs="+")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which(SYMBOLIZER):
        print(f"skipped: no {SYMBOLIZER}; apt-get install llvm-19 enables this test")
        return 77
    results = [check(arguments.tool, binary, arguments) for binary in arguments.binaries]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
