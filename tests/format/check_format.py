#!/usr/bin/env python3
"""Is every C and C++ file formatted? --fix formats them."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ["src", "bpf", "analyzers", "tests", "samples"]
SUFFIXES = {".c", ".cc", ".cpp", ".h"}
FORMATTER = "clang-format-19"


def sources():
    for folder in FOLDERS:
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)


def main():
    if not shutil.which(FORMATTER):
        print(f"skipped: no {FORMATTER}; apt-get install {FORMATTER} enables this test")
        return 77
    mode = ["-i"] if sys.argv[1:] == ["--fix"] else ["--dry-run", "-Werror"]
    result = subprocess.run([FORMATTER, *mode, *sources()], check=False)
    if result.returncode:
        print("to format: python3 tests/format/check_format.py --fix")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
