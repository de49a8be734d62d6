"""How do the tests run quarrel-scan on a few sources?"""
import json
import pathlib
import re
import shlex
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = re.compile(r"^// flags: (.*)$", re.M)


def flags_of(source):
    """The compiler flags that a fixture asks for in a comment, after the default standard."""
    standard = ["-std=gnu11"] if source.suffix == ".c" else ["-std=c++20"]
    found = FLAGS.search(source.read_text())
    return standard + (found.group(1).split() if found else [])


def write_database(folder, sources):
    entries = [
        {"directory": str(source.parent), "file": source.name,
         "arguments": ["cc" if source.suffix == ".c" else "c++", *flags_of(source),
                       "-c", source.name, "-o", source.stem + ".o"]}
        for source in sources
    ]
    (folder / "compile_commands.json").write_text(json.dumps(entries))


def run_scan(tool, folder, *options):
    cache = [] if "--cache" in options else ["--no-cache"]
    return subprocess.run([tool, "-p", str(folder), *cache, *options], capture_output=True, text=True,
                          check=False)


def units_of(database):
    """Command and folder of each source, once, as the scan takes them."""
    units = {}
    for entry in json.loads(database.read_text()):
        words = entry.get("arguments") or shlex.split(entry["command"])
        folder = pathlib.Path(entry["directory"])
        source = str((folder / entry["file"]).resolve())
        if "-cc1" not in words and not source.endswith((".s", ".S")):
            units.setdefault(source, (words, folder))
    return units
