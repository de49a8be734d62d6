#!/usr/bin/env python3
"""Writes DIR/compile_commands.json for samples: make_database.py DIR [NAME...]

Without a NAME all samples are listed as they are; NAME_fixed is the fixed twin of NAME.
"""
import json
import pathlib
import sys

SAMPLES = pathlib.Path(__file__).resolve().parent


def entry(name):
    base = name.removesuffix("_fixed")
    source = SAMPLES / base / f"{base}.cc"
    flags = ["-std=c++20", "-O2", "-g"] + (["-DFIXED"] if name != base else [])
    return {
        "directory": str(SAMPLES),
        "file": str(source),
        "arguments": ["c++", *flags, "-c", str(source)],
    }


def main():
    directory = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or sorted(truth.parent.name for truth in SAMPLES.glob("*/truth.json"))
    database = [entry(name) for name in names]
    (directory / "compile_commands.json").write_text(json.dumps(database, indent=1) + "\n")


if __name__ == "__main__":
    main()
