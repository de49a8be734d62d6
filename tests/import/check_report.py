#!/usr/bin/env python3
"""What does the report say of imported samples: which fields, threads, lines of code, and how sure?

The samples are made up, but hit the real symbols of a real program (counters.cc).
"""
import argparse
import json
import pathlib
import stat
import subprocess
import sys
import tempfile

import generate
import perf_data
from generate import HIT, HITM, L1, L3, LOAD, STORE, data_src
from perf_data import Event, PerfFile

HITM_LOAD = data_src(LOAD, HIT | L3, HITM)
LOCKED_HITM = data_src(LOAD, HIT | L3, HITM, 2)
PLAIN_STORE = data_src(STORE, HIT | L1)
L1_LOAD = data_src(LOAD, HIT | L1)
TIMES = 101


class Program:
    """Symbols of the program, and where its instructions with a lock prefix stand."""

    def __init__(self, path):
        self.path = path
        self.symbols = {}
        for line in subprocess.check_output(["nm", path], text=True).splitlines():
            value, _, name = line.rpartition(" ")
            if value.split():
                self.symbols[name] = value.split()[0]

    def data(self, name):
        return int(self.symbols[name], 16)

    def locked(self, function):
        code = subprocess.check_output(
            ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", self.path],
            text=True)
        return next(int(line.split(":")[0], 16) for line in code.splitlines() if "\tlock " in line)

    def map_into(self, file, pid):
        headers = subprocess.check_output(["readelf", "-lW", self.path], text=True)
        for line in headers.splitlines():
            cells = line.split()
            if not cells or cells[0] != "LOAD":
                continue
            offset, start, size = (int(cells[n], 16) for n in (1, 2, 5))
            low = start & ~4095
            protection = 5 if "E" in "".join(cells[6:-1]) else 3
            file.mmap2(pid, low, (start + size + 4095 & ~4095) - low, offset & ~4095,
                       str(self.path), 1, 42, protection, 2)


class Samples:
    def __init__(self, program, sample_type=generate.USUAL | perf_data.WEIGHT):
        self.program, self.time = program, 1000
        self.file = PerfFile(
            [Event("cpu/mem-loads,ldlat=30/P", 4, 0x1cd, sample_type, [1, 2], True),
             Event("cpu/mem-stores/P", 4, 0x82d0, sample_type, [3, 4], False)], 2)

    def process(self, pid, tids):
        self.file.comm(pid, pid, "counters", 0)
        self.program.map_into(self.file, pid)
        for tid in tids:
            self.file.fork(pid, pid, tid, pid, 2)

    def add(self, pid, tid, function, address, source, times=TIMES):
        for _ in range(times):
            self.time += 1000
            self.file.sample(0 if source & 0x1f == LOAD else 1, {
                "ip": self.program.locked(function) if isinstance(function, str) else function,
                "pid": pid, "tid": tid, "time": self.time, "cpu": tid % 2, "address": address,
                "weight": 211, "calls": [], "data_src": source})


def report(quarrel, folder, data, *options):
    path = folder / "perf.data"
    path.write_bytes(data)
    output = folder / "run.quarrel"
    subprocess.run([quarrel, "import", path, "-o", output, "--force"], check=True,
                   capture_output=True)
    if stat.S_IMODE(output.stat().st_mode) != 0o600:
        sys.exit("the recording can be read by others")
    text = subprocess.check_output([quarrel, "report", output, *(options or ["--json"])], text=True)
    return text if options else json.loads(text)


def expect(name, is_true, detail=""):
    print(f"{'ok' if is_true else 'FAILED'}: {name}{'' if is_true else f': {detail}'}")
    return is_true


def false_sharing(quarrel, folder, program):
    samples = Samples(program)
    samples.process(100, [101, 102])
    line = program.data("g_counters")
    hit, miss = program.locked("count_hit"), program.locked("count_miss")
    for source in (LOCKED_HITM, PLAIN_STORE):
        samples.add(100, 101, hit, line, source)
        samples.add(100, 102, miss, line + 8, source)
    found = report(quarrel, folder, samples.file.file())["findings"]
    one = found[0] if found else {}
    fields = {field["name"]: field for field in one.get("subject", {}).get("fields", [])}
    places = {(at["role"], at["function"]) for at in one.get("locations", [])}
    return all([
        expect("two fields that two threads write are one finding", len(found) == 1, found),
        expect("it is false sharing, confirmed by the hardware",
               (one.get("rule"), one.get("sharing"), one.get("evidence")) ==
               ("false-sharing", "false", "C"), one),
        expect("fields are named, with offset and bytes",
               {n: (f["offset"], f["size"]) for n, f in fields.items()} ==
               {"hits": (0, 8), "misses": (8, 8)}, fields),
        expect("each has its thread", [fields[n]["writers"] for n in ("hits", "misses")] ==
               [[101], [102]] if len(fields) == 2 else False, fields),
        expect("lines of code are named",
               {("writer", "count_hit"), ("writer", "count_miss")} <= places, places),
        expect("no time is made up", one.get("cost") == {"thread_ms_per_s": 0, "bound": "unknown"},
               one.get("cost")),
        expect("transfers and their latency are counted",
               one.get("traffic", {}).get("counts", {}).get("local_hitm") == 2 * TIMES and
               one["traffic"]["transfer_cycles"] == 211, one.get("traffic"))])


def true_and_padded(quarrel, folder, program):
    samples = Samples(program)
    samples.process(100, [101, 102])
    total, apart = program.data("g_total"), program.data("g_apart")
    for tid in (101, 102):
        samples.add(100, tid, "count_total", total, LOCKED_HITM, 23)
        samples.add(100, tid, "count_apart", apart + 64 * (tid - 101), L1_LOAD, 23)
        samples.add(100, tid, "count_apart", apart + 64 * (tid - 101), PLAIN_STORE, 23)
    whole = report(quarrel, folder, samples.file.file())
    found = whole["findings"]
    return all([
        expect("one word that both write is true sharing, the padded twin is silent",
               [(one["rule"], one["sharing"]) for one in found] == [("true-sharing", "true")], found),
        expect("the table has the lines of both", whole["memory"]["lines"] == 3, whole["memory"])])


def no_transfers_seen(quarrel, folder, program):
    """AMD before Zen 4 and most Arm cores: only loads and stores are known."""
    samples = Samples(program)
    samples.process(100, [101, 102])
    line = program.data("g_counters")
    samples.add(100, 101, "count_hit", line, PLAIN_STORE, 23)
    samples.add(100, 102, "count_miss", line + 8, PLAIN_STORE, 23)
    found = report(quarrel, folder, samples.file.file())["findings"]
    return expect("without HITM the evidence is only that threads touched the line",
                  [one["evidence"] for one in found] == ["T"], found)


def two_processes(quarrel, folder, program):
    samples = Samples(program)
    places = {100: 0x7f5500000000, 200: 0x7f6600000000}
    for pid, start in places.items():
        samples.process(pid, [])
        samples.file.mmap2(pid, start, 0x1000, 0, "/dev/shm/queue", 1, 77, 3, 1)
        samples.file.mmap2(pid, 0x7f0000000000, 0x1000, 0, "//anon", 1)
    for pid, start in places.items():
        samples.add(pid, pid, "count_hit", start + 8 * (pid // 200), LOCKED_HITM, 23)
        samples.add(pid, pid, "count_hit", 0x7f0000000000, PLAIN_STORE, 23)
    whole = report(quarrel, folder, samples.file.file())
    found = whole["findings"]
    return all([
        expect("shared memory is one line for both processes, private memory is not",
               whole["memory"]["lines"] == 3, whole["memory"]),
        expect("both processes are named as its writers",
               [[thread["tid"] for thread in one["threads"]] for one in found] == [[100, 200]], found)])


def formats_and_damage(quarrel, folder, program):
    samples = Samples(program)
    samples.process(100, [101, 102])
    line = program.data("g_counters")
    samples.add(100, 101, "count_hit", line, LOCKED_HITM, 23)
    samples.add(100, 102, "count_miss", line + 8, LOCKED_HITM, 23)
    data = samples.file.file()
    results = [expect(f"{option or 'text'} names the fields", "hits" in report(
        quarrel, folder, data, *(option,) if option else ("--facts", "")), option)
               for option in ("", "--sarif")]
    page = folder / "page.html"
    report(quarrel, folder, data, "--html", page)
    results.append(expect("HTML has the table of lines", 'id="memory"' in page.read_text()))
    path, output = folder / "perf.data", folder / "run.quarrel"
    path.write_bytes(data[:len(data) // 2])
    done = subprocess.run([quarrel, "import", path, "-o", output, "--force"], capture_output=True,
                          text=True)
    results.append(expect("a cut file gives what it holds, exit code 3, and says so",
                          done.returncode == 3 and "too early" in done.stderr, done))
    done = subprocess.run([quarrel, "import", path, "-o", output], capture_output=True, text=True)
    results.append(expect("an existing file is not replaced", done.returncode == 2, done))
    for name, content, words in (
            ("text", b"hello", "no perf.data"),
            ("another byte order", b"2ELIFREP" + b"\0" * 96, "big-endian"),
            ("the first format", b"PERFFILE" + b"\0" * 96, "before Linux 3.0")):
        path.write_bytes(content)
        done = subprocess.run([quarrel, "import", path, "-o", output, "--force"],
                              capture_output=True, text=True)
        results.append(expect(f"{name} is refused with the reason",
                              done.returncode == 2 and words in done.stderr, done))
    other = PerfFile([Event("cycles", 0, 0, perf_data.IP | perf_data.TID | perf_data.TIME, [1], True)],
                     1)
    other.sample(0, {"ip": 1, "pid": 1, "tid": 1, "time": 5, "cpu": 0, "address": 0, "weight": 0,
                     "data_src": 0, "calls": []})
    path.write_bytes(other.file())
    done = subprocess.run([quarrel, "import", path, "-o", output, "--force"], capture_output=True,
                          text=True)
    results.append(expect("a file without memory samples says which events it has instead",
                          done.returncode == 2 and "cycles" in done.stderr, done))
    empty = Samples(program)
    empty.process(100, [101])
    empty.add(100, 101, "count_hit", 0, PLAIN_STORE, 23)
    path.write_bytes(empty.file.file())
    done = subprocess.run([quarrel, "import", path, "-o", output, "--force"], capture_output=True,
                          text=True)
    results.append(expect("samples without addresses are no recording",
                          done.returncode == 2 and "23 without a data address" in done.stderr, done))
    return all(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("quarrel", type=pathlib.Path)
    parser.add_argument("program", type=pathlib.Path)
    arguments = parser.parse_args()
    program = Program(arguments.program.resolve())
    results = []
    for check in (false_sharing, true_and_padded, no_transfers_seen, two_processes,
                  formats_and_damage):
        with tempfile.TemporaryDirectory() as folder:
            results.append(check(arguments.quarrel, pathlib.Path(folder), program))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
