#!/usr/bin/env python3
"""Does the store survive its corpus, and real files with damage at places that matter?

The small inputs are in corpus/. Whole files are made here, as the schema alone fills 200 KiB.
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
PAGE = 4096
HEADER = 100
SEED = 1


def damaged(whole, rng):
    """Variants of a file: cut, header bytes set, and bytes at the start of B-tree pages set."""
    for size in (HEADER, PAGE - 1, PAGE, len(whole) // 2, len(whole) - 1):
        yield whole[:size]
    for offset in range(16, HEADER, 4):
        yield whole[:offset] + b"\xff\xff\xff\xff" + whole[offset + 4:]
    for page in range(0, len(whole), PAGE):
        offset = page + rng.randrange(HEADER if page == 0 else 0, 120)
        yield whole[:offset] + bytes([rng.randrange(256)]) + whole[offset + 1:]
    if len(whole) > 3 * PAGE:
        yield whole[:PAGE] + whole[2 * PAGE:3 * PAGE] + whole[PAGE:2 * PAGE] + whole[3 * PAGE:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", required=True)
    parser.add_argument("--fixture", required=True)
    arguments = parser.parse_args()
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.fixture, folder], check=True)
        for file in sorted(pathlib.Path(folder).glob("*.quarrel")):
            for number, variant in enumerate(damaged(file.read_bytes(), rng)):
                (file.parent / f"{file.stem}-{number}").write_bytes(variant)
        return subprocess.run([arguments.replay, CORPUS, folder], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
