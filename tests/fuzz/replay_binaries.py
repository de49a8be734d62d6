#!/usr/bin/env python3
"""Do damaged binaries cost more than their own results?

Variants of real programs: cut, and with bytes set in the ELF headers and in each of the sections.
The replay must end without a crash, and soon.
"""
import argparse
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SEED = 1
TIMEOUT = 240
SECTION = re.compile(r"\] (\.\S+)\s+\S+\s+[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)")


def sections_of(binary, wanted):
    listing = subprocess.run(["readelf", "-SW", binary], capture_output=True, text=True,
                             check=True).stdout
    for name, offset, size in SECTION.findall(listing):
        if name in wanted and int(size, 16) > 0:
            yield int(offset, 16), int(size, 16)


def with_bytes(whole, rng, offset, size, count):
    changed = bytearray(whole)
    for _ in range(count):
        changed[offset + rng.randrange(size)] = rng.choice((0, 1, 0x7f, 0xff, rng.randrange(256)))
    return bytes(changed)


def damaged(binary, rng, options):
    whole = binary.read_bytes()
    for size in (0, 63, 64, len(whole) // 4, len(whole) // 2, len(whole) - 64, len(whole) - 1):
        yield whole[:size]
    yield bytes(rng.randrange(256) for _ in range(4096))
    yield whole[:64] + bytes(rng.randrange(256) for _ in range(4096))
    headers = [(16, 48), (len(whole) - 2048, 2048)]
    for offset, size in headers + list(sections_of(binary, options.sections)):
        for variant in range(options.variants):
            yield with_bytes(whole, rng, offset, size, 1 << variant % 8)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("replay")
    parser.add_argument("--sections", nargs="+", default=[])
    parser.add_argument("--variants", type=int, default=12, help="for each section")
    parser.add_argument("binaries", nargs="+", type=pathlib.Path)
    return parser.parse_args()


def main():
    options = parse_arguments()
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for binary in options.binaries:
            for variant in damaged(binary, rng, options):
                count += 1
                (pathlib.Path(folder) / f"{count:05}-{binary.name}").write_bytes(variant)
        print(f"{count} damaged binaries", flush=True)
        done = subprocess.run([options.replay, folder], check=False, timeout=TIMEOUT,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            last = done.stdout.splitlines()[-1]
            kept = pathlib.Path(tempfile.gettempdir()) / f"quarrel-{last}"
            kept.write_bytes((pathlib.Path(folder) / last).read_bytes())
            print(f"exit {done.returncode} at {kept}")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
