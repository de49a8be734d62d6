#!/usr/bin/env python3
"""Is what the pages of docs/rules/ show true? check_pages.py SCAN

A page shows code with the fault and without: blocks that begin ```cpp before and ```cpp after, or
```c. All of C++ are scanned in two runs, the usual headers ahead of them. The rule must speak of the
one and be silent of the other.
"""
import itertools
import json
import pathlib
import re
import sys
import tempfile

from scan_tool import HERE, run_scan, write_database

PAGES = HERE.parent.parent / "docs" / "rules"
BLOCK = re.compile(r"^```(c|cpp) (before|after)\n(.*?)^```$", re.M | re.S)
HEADERS = {
    "c": ["pthread.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h"],
    "cpp": ["atomic", "cstddef", "cstdint", "cstdlib", "immintrin.h", "memory", "mutex", "new",
            "thread", "vector"],
}
SECTIONS = ["What it means", "Before and after", "When it matters, and when to leave it alone",
            "Why it may be wrong, and when it is silent", "Remedies and their price",
            "How to suppress"]
RECORDED = {"lock-contention", "kernel-lock", "spin-contention", "true-sharing"}  # what only a recording shows


def problems_of_text(page):
    text = page.read_text()
    found = re.findall(r"^## (.*)$", text, re.M)
    if found != SECTIONS:
        yield f"{page.name}: sections are {found}, expected {SECTIONS}"
    kinds = [kind for _, kind, _ in BLOCK.findall(text)]
    if not kinds or kinds != ["before", "after"] * (len(kinds) // 2):
        yield f"{page.name}: needs pairs of a block 'before' and a block 'after', has {kinds}"
    if f"NOLINT(quarrel-{page.stem}): " not in text.split("## How to suppress")[-1]:
        yield f"{page.name}: does not show how to suppress {page.stem}, with a reason"
    if "\nLeave it" not in text:
        yield f"{page.name}: does not say when to leave it alone"


def blocks_of(pages, language, kind):
    return [(page.stem, code) for page in pages
            for *written, code in BLOCK.findall(page.read_text()) if written == [language, kind]]


def joined(blocks, language):
    """One source with all blocks, and which rule's page each of its lines is from. In C++ each
    block has a namespace of its own."""
    lines = [f"#include <{each}>" for each in HEADERS[language]]
    owners = [""] * len(lines)
    for number, (rule, code) in enumerate(blocks):
        around = [f"namespace block{number} {{", "}"] if language == "cpp" else ["", ""]
        block = [around[0], *code.splitlines(), around[1]]
        lines += block
        owners += [rule] * len(block)
    return "\n".join(lines) + "\n", owners


def rules_of(tool, text, owners, language):
    """The pages whose rule speaks of a line of theirs."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        source = folder / ("blocks.c" if language == "c" else "blocks.cc")
        source.write_text(text)
        write_database(folder, [source])
        done = run_scan(tool, folder, "--root", str(folder), "--json")
    if done.returncode not in (0, 1) or "with errors" in done.stderr:
        sys.exit(f"exit code {done.returncode}\n{done.stderr}")
    places = [(each["rule"], each["locations"][0]["line"])
              for each in json.loads(done.stdout)["findings"]]
    return {rule for rule, line in places if owners[line - 1] == rule}


def problems_of_code(tool, pages):
    for language, kind in itertools.product(HEADERS, ["before", "after"]):
        blocks = blocks_of(pages, language, kind)
        groups = [blocks] if language == "cpp" else [[block] for block in blocks]
        for group in groups:
            spoken = rules_of(tool, *joined(group, language), language)
            for rule in [rule for rule, _ in group if (rule in spoken) != (kind == "before")]:
                wrong = "does not find" if kind == "before" else "finds"
                yield f"{rule}.md: the scan {wrong} {rule} in the block '{kind}'"


def main():
    pages = [page for page in sorted(PAGES.glob("*.md")) if page.stem not in RECORDED]
    problems = [each for page in pages for each in problems_of_text(page)]
    problems += problems_of_code(sys.argv[1], pages)
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
