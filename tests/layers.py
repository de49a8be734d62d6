#!/usr/bin/env python3
"""Which layer includes what it may not, and which type name means two things?

Exit 1 with one line per forbidden #include and per type that two headers define: linked into one
program, two layouts of one name corrupt its memory without a word.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder -> first path components that its files may include between quotes (besides itself).
MAY_INCLUDE = {
    "src/base": set(),
    "src/model": {"base"},
    "src/store": {"base", "model"},
    "src/import": {"base", "model"},
    "src/collect": {"base", "model", "bpf"},
    "src/resolve": {"base", "model"},
    "src/join": {"base", "model"},
    "src/report": {"base", "model"},
    "src/commands": {"base", "model", "pipeline.h", "collect", "report", "store", "checks", "merge",
                     "commands"},
    "analyzers/extract": {"base", "model", "store", "merge"},
    "analyzers/merge": {"base", "model"},
    "analyzers/since": {"base", "model", "extract"},
    "analyzers/checks": {"base", "model"},
}
# Headers without a folder that belong to one: BPF event structs and generated skeletons.
BPF_HEADER = re.compile(r"^(events\.h|unwind_tables\.h|\w+\.bpf\.h|\w+\.skel\.h|\w+_decisions\.h)$")
# A definition at namespace scope, as clang-format lays it out; nested types are indented.
TYPE = re.compile(r"^(?:struct|class|enum class) (?:alignas\(\w+\) )?(\w+)[^;\n]*\{", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def layer_of(header):
    if BPF_HEADER.match(header):
        return "bpf"
    return header.split("/")[0]


def violations():
    for folder, allowed in MAY_INCLUDE.items():
        own = folder.split("/")[1]
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".cc", ".h"}:
                continue
            for header in INCLUDE.findall(path.read_text()):
                if layer_of(header) not in allowed | {own}:
                    yield f"{path.relative_to(ROOT)} includes {header}: {folder} may not"


def doubled_types():
    headers = collections.defaultdict(set)
    for folder in MAY_INCLUDE:
        for path in sorted((ROOT / folder).rglob("*.h")):
            for name in TYPE.findall(path.read_text()):
                headers[name].add(str(path.relative_to(ROOT)))
    for name, paths in sorted(headers.items()):
        if len(paths) > 1:
            yield f"{name} is defined in {' and in '.join(sorted(paths))}: rename one"


def main():
    found = [*violations(), *doubled_types()]
    print("\n".join(found) if found else "layers: every include is allowed, every type is one")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
