#!/usr/bin/env python3
"""Writes DIR/compile_commands.json for the samples: make_database.py DIR [--fixed]

Each sample is listed once: as it is, or as its fixed twin.
"""
import json
import pathlib
import sys

SAMPLES = pathlib.Path(__file__).resolve().parent


def entry(source, fixed):
    arguments = ["c++", "-std=c++20", "-O2", "-g"] + (["-DFIXED"] if fixed else [])
    return {
        "directory": str(SAMPLES),
        "file": str(source),
        "arguments": arguments + ["-c", str(source)],
    }


def main():
    directory = pathlib.Path(sys.argv[1])
    sources = sorted(SAMPLES.glob("*/*.cc"))
    database = [entry(source, "--fixed" in sys.argv[2:]) for source in sources]
    (directory / "compile_commands.json").write_text(json.dumps(database, indent=1) + "\n")


if __name__ == "__main__":
    main()
