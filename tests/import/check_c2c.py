#!/usr/bin/env python3
"""Does `quarrel import` count every cache line as Debian's `perf c2c report` does?

Each file is a made-up run on the hardware of some vendor (generate.py). Its lines, as `quarrel
report --json` lists them, are compared with the table of perf c2c, column by column; then the same
records through a pipe and compressed must give the same recording.
"""
import argparse
import collections
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

import generate

# Columns of perf c2c's table "Shared Data Cache Line Table" behind the node and page counts.
COLUMNS = ("all_hitm", "local_hitm", "remote_hitm", "records", "answered", "stores",
           "store_l1_hits", "store_l1_misses", "store_unknown", "load_fill_buffer_hits",
           "load_l1_hits", "load_l2_hits", "load_llc_hits", "local_hitm_again", "load_remote_hits",
           "remote_hitm_again", "load_local_ram", "load_remote_ram")
PEERS = ("local_peer", "remote_peer")
LINE = 64


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def table_of(path, display):
    """Rows of numbers behind the address, by perf's own order of columns."""
    text = run("perf", "c2c", "report", "-f", "-i", path, "--stdio", "--no-source", "--show-all", "-d",
               display)
    part = text.split("Shared Data Cache Line Table", 1)[1].split("Shared Cache Line Distribution")[0]
    rows = []
    for line in part.splitlines():
        cells = line.split()
        if len(cells) > 10 and cells[0].isdigit() and cells[1].startswith("0x"):
            rows.append((int(cells[1], 16), [int(cell) for cell in cells[5:]]))
    return rows


def lines_of_perf(path):
    """[(address, counts)] of all lines, twice: sorted by HITM and by peer snoops."""
    lines = collections.OrderedDict()
    for address, cells in table_of(path, "tot"):
        lines.setdefault(address, []).append(dict(zip(COLUMNS, cells)))
    peers = {}
    for address, cells in table_of(path, "peer"):
        peers.setdefault(address, []).append(dict(zip(PEERS, cells[1:3])))
    return lines, peers


def lines_of_quarrel(quarrel, path, folder):
    output = folder / "run.quarrel"
    run(quarrel, "import", path, "-o", output, "--force")
    return json.loads(run(quarrel, "report", output, "--json")), output


def multiset(rows, labels, keys):
    """Counts by what the line is: shared memory has an address in each process. perf also lists
    samples without an address, as line 0, and what is neither a load nor a store, as zeros."""
    return collections.Counter((labels[address], tuple(counts[key] for key in keys))
                               for address, counts in rows
                               if address != 0 and any(counts[key] for key in keys))


def as_perf_counts(counts):
    """perf's sums: loads by where they were answered, and these with all stores."""
    answered = sum(counts[key] for key in (
        "load_fill_buffer_hits", "load_l1_hits", "load_l2_hits", "load_llc_hits", "local_hitm",
        "remote_hitm", "load_remote_hits", "load_local_ram", "load_remote_ram"))
    stored = counts["store_l1_hits"] + counts["store_l1_misses"] + counts["store_unknown"]
    return dict(counts, answered=answered, records=answered + stored,
                all_hitm=counts["local_hitm"] + counts["remote_hitm"],
                local_hitm_again=counts["local_hitm"], remote_hitm_again=counts["remote_hitm"])


def differences(perf, peers, report, labels):
    ours = []
    for line in report["memory"]["listed"]:
        address = line["address"] & (1 << 48) - 1 if line["address"] < 1 << 63 else line["address"]
        ours.append((address, as_perf_counts(line["counts"])))
    found = []
    theirs = [(address, counts) for address, rows in perf.items() for counts in rows]
    found += compare("table", multiset(theirs, labels, COLUMNS), multiset(ours, labels, COLUMNS))
    theirs = [(address, counts) for address, rows in peers.items() for counts in rows]
    found += compare("peers", multiset(theirs, labels, PEERS), multiset(ours, labels, PEERS))
    return found, len(perf)


def compare(name, theirs, ours):
    return [f"{name}: perf {row} x{theirs[row]}, quarrel x{ours[row]}"
            for row in sorted(set(theirs) | set(ours), key=str) if theirs[row] != ours[row]]


def contents(path):
    """All but the accounts: a pipe has more records, and its header stands among them."""
    database = sqlite3.connect(path)
    tables = [row[0] for row in database.execute(
        "select name from sqlite_schema where type = 'table' and name not like 'coverage%'")]
    return {table: list(database.execute(f'select * from "{table}"')) for table in tables}


def check_coverage(report):
    return [f"{row['collector']}: seen {row['seen']} is not the sum" for row in report["coverage"]
            if row["seen"] != row["attributed"] + row["unresolved"] + row["lost"]]


def check_file(quarrel, seed, folder):
    made = generate.Run(seed)
    path = folder / "perf.data"
    path.write_bytes(made.file.file())
    report, output = lines_of_quarrel(quarrel, path, folder)
    labels = {address // LINE * LINE: line for address, line in made.labels.items()}
    found, lines = differences(*lines_of_perf(path), report, labels)
    found += check_coverage(report)
    plain = contents(output)
    for name, data in (("pipe", made.file.pipe()), ("zstd", made.file.file(True)),
                       ("pipe and zstd", made.file.pipe(True))):
        path.write_bytes(data)
        _, other = lines_of_quarrel(quarrel, path, folder)
        if contents(other) != plain:
            found.append(f"{name}: not the same recording")
    return made.vendor, lines, found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("quarrel", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first file")
    arguments = parser.parse_args()
    vendors, lines, failed = collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory() as name:
        for seed in range(arguments.first, arguments.first + arguments.files):
            vendor, count, found = check_file(arguments.quarrel, seed, pathlib.Path(name))
            vendors[vendor] += 1
            lines += count
            failed += bool(found)
            for line in found[:8]:
                print(f"seed {seed} ({vendor}): {line}")
    kinds = ", ".join(f"{count} {vendor}" for vendor, count in sorted(vendors.items()))
    print(f"{arguments.files} files ({kinds}), {lines} lines: {failed} files differ from perf c2c")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
