#!/usr/bin/env python3
"""Does clang-tidy-19 find anything in the files given, changed since main (default), or all (--all)?

Reads the compilation database of a build that clang understands: build/dev after `cmake --preset dev`.
Not part of ctest, as all files take minutes.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-19"
FOLDERS = ("src/", "analyzers/")


def git_lines(*arguments):
    result = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
    return result.stdout.split()


def changed_files(base):
    """Files that differ from `base`, whether committed, staged, or new."""
    changed = git_lines("diff", "--name-only", base) or git_lines("diff", "--name-only", "HEAD~1")
    return {*changed, *git_lines("ls-files", "--others", "--exclude-standard")}


def compiled_sources(build):
    """Our sources in the compilation database, relative to the root."""
    database = build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"no {database}; run `cmake --preset dev` first, or name a build folder with --build")
    files = {os.path.relpath(entry["file"], ROOT) for entry in json.loads(database.read_text())}
    return sorted(file for file in files if file.startswith(FOLDERS))


def tidy(build, file):
    # clang reads the text of a header that gcc has precompiled, and says so.
    command = [TIDY, "-p", build, "--quiet", "--extra-arg=-Wno-ignored-gch", file]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout if result.returncode else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--base", default="main", help="branch that changes are counted from")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "dev")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    if not shutil.which(TIDY):
        print(f"skipped: no {TIDY}; apt-get install {TIDY} enables this check")
        return 77
    sources = compiled_sources(arguments.build)
    if not arguments.all:
        wanted = {os.path.relpath(file, ROOT) for file in arguments.files} or changed_files(arguments.base)
        sources = [file for file in sources if file in wanted]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        reports = [report for report in pool.map(lambda file: tidy(arguments.build, file), sources) if report]
    print("".join(reports) + f"clang-tidy: {len(reports)} of {len(sources)} files have findings")
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
