#!/usr/bin/env python3
"""Does `quarrel layout` say what the compilers say? check_layout.py QUARREL

Each fixture is compiled with both compilers and several kinds of debug information; the program
itself prints sizes, alignments and offsets, with which the layouts read from DWARF are compared.
"""
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
QUARREL = sys.argv.pop(1)
COMPILERS = {"shapes.cc": ("g++", "clang++-19"), "plain.c": ("gcc", "clang-19")}
FLAGS = {
    "dwarf4": ["-gdwarf-4"],
    "dwarf5": ["-gdwarf-5"],
    "split": ["-g", "-gsplit-dwarf"],
    "type_units": ["-g", "-fdebug-types-section"],
    "compressed": ["-g", "-gz", "-O2"],
}


def quarrel(*arguments):
    return subprocess.run([QUARREL, "layout", *map(str, arguments)], capture_output=True,
                          text=True, check=False, timeout=60)


def layouts(binary, *types):
    done = quarrel(binary, *types, "--json")
    if done.returncode != 0:
        raise AssertionError(f"{binary} {types}: {done.stderr}")
    return json.loads(done.stdout)["records"]


def compile_fixture(folder, fixture, compiler, flags):
    binary = folder / f"{fixture}-{compiler}-{'-'.join(flags)}".replace("/", "_")
    standard = "-std=gnu11" if fixture.endswith(".c") else "-std=c++20"
    subprocess.run([compiler, standard, "-w", *flags, "-pthread", str(HERE / "fixtures" / fixture),
                    "-o", str(binary)], check=True, cwd=folder)
    return binary


class Layout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.binaries = {}
        for fixture, compilers in COMPILERS.items():
            for compiler, (kind, flags) in itertools.product(compilers, FLAGS.items()):
                cls.binaries[fixture, compiler, kind] = compile_fixture(
                    cls.folder, fixture, compiler, flags)

    def binary(self, fixture="shapes.cc", compiler="g++", kind="dwarf5"):
        return self.binaries[fixture, compiler, kind]

    def record(self, binary, name):
        found = layouts(binary, name)
        self.assertEqual(len(found), 1, [each["name"] for each in found])
        return found[0]

    def compare(self, binary):
        truth = json.loads(subprocess.run([binary], capture_output=True, check=True).stdout)
        records = {each["name"]: each for each in layouts(binary)}
        for name, expected in truth.items():
            record = records[name]
            rows = {row["name"]: row["offset"] for row in record["rows"]}
            self.assertEqual(record["size"], expected["size"], name)
            self.assertEqual(record["alignment"], expected["alignment"], name)
            for field, offset in expected["fields"].items():
                self.assertEqual(rows.get(field), offset, f"{name}::{field} in {record}")

    def test_sizes_alignments_and_offsets_are_those_of_the_compiler(self):
        for key, binary in self.binaries.items():
            with self.subTest(key=key):
                self.compare(binary)

    def test_rows_cover_each_record_without_gap_or_overlap(self):
        for key, binary in self.binaries.items():
            for whole in layouts(binary):
                leaves = [row for row in whole["rows"] if row["kind"] not in ("base", "record")]
                covered = set()
                for row in leaves:
                    first = row.get("bit_offset", row["offset"] * 8) // 8
                    last = first + row["size"]
                    if "bit_size" in row:
                        last = (row["bit_offset"] + row["bit_size"] + 7) // 8
                    covered |= set(range(first, last))
                if whole["size"] > 1:
                    self.assertEqual(covered, set(range(whole["size"])), (key, whole))

    def test_atomics_and_locks_are_marked_in_both_languages(self):
        for key, binary in self.binaries.items():
            counts = {each["name"]: (each["atomics"], each["locks"]) for each in layouts(binary)}
            # DWARF 4 has no word for _Atomic; clang keeps the typedefs of <stdatomic.h>.
            expected = {"cache_t": (1, 2), "node": (1, 0), "slot": (1, 1), "table": (2, 2)}
            if key[2] == "dwarf4":
                expected["node"] = (0, 0)
            if key[1:] == ("gcc", "dwarf4"):
                expected = {"cache_t": (0, 2), "slot": (0, 1), "table": (0, 2)}
            if key[0] == "shapes.cc":
                expected = {"shapes::Counters": (3, 2), "shapes::Lines": (8, 0),
                            "shapes::Ring<short, 3>": (1, 1), "shapes::Nested": (4, 3),
                            "shapes::Plain": (0, 0)}
            with self.subTest(key=key):
                self.assertEqual({name: counts.get(name) for name in expected},
                                 expected)

    def test_what_shares_a_line_is_told_by_the_alignment(self):
        padded = self.record(self.binary(), "Padded")
        self.assertEqual((padded["always_share_line"], padded["may_share_line"]), ([], []))
        counters = self.record(self.binary(), "Counters")
        self.assertIn(["hits", "mu"], counters["always_share_line"])
        self.assertIn(["table_mu", "done"], counters["may_share_line"])

    def test_a_record_is_found_by_the_end_of_its_name(self):
        for name in ("shapes::Ring<short, 3>", "shapes::Ring", "Ring", "Ring<short, 3>"):
            self.assertEqual(self.record(self.binary(), name)["name"], "shapes::Ring<short, 3>")
        self.assertEqual(quarrel(self.binary(), "ing").returncode, 2)

    def test_records_with_atomics_or_locks_stand_first(self):
        flags = [each["atomics"] + each["locks"] > 0 for each in layouts(self.binary())]
        self.assertEqual(flags, sorted(flags, reverse=True))
        self.assertTrue(any(flags) and not all(flags))

    def test_library_records_are_listed_on_demand_and_shown_by_name(self):
        names = {each["name"] for each in layouts(self.binary())}
        self.assertFalse([name for name in names if name.startswith("std::")])
        self.assertIn("std::mutex", {each["name"] for each in layouts(self.binary(), "--all")})
        self.assertEqual(self.record(self.binary(), "std::mutex")["size"], 40)

    def test_the_picture_names_lines_holes_and_marks(self):
        done = quarrel(self.binary(), "Nested")
        for text in ("-- line 0 (from 0) --", "(hole)", "mutex", "atomic", "spinlock",
                     "shapes::Plain[4] (every 24 bytes)", "Share a line at every address"):
            self.assertIn(text, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_a_member_across_a_line_boundary_is_marked(self):
        pair = self.record(self.binary("plain.c", "gcc"), "pair")
        self.assertTrue(pair["rows"][1]["crosses_line"])
        wide = layouts(self.binary("plain.c", "gcc"), "pair", "--line-size", "128")[0]
        self.assertFalse(wide["rows"][1]["crosses_line"])

    def test_separate_debug_files_are_found_by_link_and_by_build_id(self):
        stripped = self.folder / "stripped"
        debug = self.folder / "stripped.debug"
        original = self.binary()
        subprocess.run(["objcopy", "--only-keep-debug", original, debug], check=True)
        subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", original,
                        stripped], check=True)
        self.assertEqual(self.record(stripped, "Counters"), self.record(original, "Counters"))
        notes = subprocess.run(["readelf", "-n", original], capture_output=True, text=True,
                               check=True).stdout
        build_id = notes.split("Build ID: ")[1].split()[0]
        place = self.folder / "debug" / ".build-id" / build_id[:2] / (build_id[2:] + ".debug")
        place.parent.mkdir(parents=True)
        debug.rename(place)
        self.assertEqual(quarrel(stripped, "Counters").returncode, 2)
        found = layouts(stripped, "Counters", "--debug-path", self.folder / "debug")
        self.assertEqual(found, layouts(original, "Counters"))

    def test_types_that_dwz_moved_to_a_common_file_are_found(self):
        if not shutil.which("dwz"):
            self.skipTest("no dwz; apt-get install dwz enables this test")
        copies = []
        for number in (1, 2):
            copies.append(self.folder / f"dwz{number}")
            shutil.copy(self.binary(kind="dwarf4"), copies[-1])
        subprocess.run(["dwz", "-m", self.folder / "common.dwz", *copies], check=True)
        self.compare(copies[0])

    def test_pahole_sees_the_same_offsets(self):
        if not shutil.which("pahole"):
            self.skipTest("no pahole; apt-get install dwarves enables this test")
        binary = self.binary("plain.c", "gcc", "dwarf4")
        done = subprocess.run(["pahole", "-C", "slot", binary], capture_output=True, text=True,
                              check=True)
        record = self.record(binary, "slot")
        for row in record["rows"]:
            if row["kind"] == "member":
                self.assertRegex(done.stdout,
                                 rf"\b{row['name']};\s+/\*\s+{row['offset']}\s+{row['size']} \*/")


class OtherLanguages(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.binary = pathlib.Path(self.temporary.name) / "program"

    def compile(self, compiler, *arguments):
        if not shutil.which(compiler):
            self.skipTest(f"no {compiler} on this machine")
        environment = dict(os.environ, GOCACHE=self.temporary.name, GOFLAGS="-mod=mod")
        subprocess.run([compiler, *arguments], check=True, cwd=self.temporary.name,
                       env=environment)

    def compare(self):
        truth = json.loads(subprocess.run([self.binary], capture_output=True, check=True).stdout)
        for name, expected in truth.items():
            record, = layouts(self.binary, name)
            rows = {row["name"]: row["offset"] for row in record["rows"]}
            found = {field: rows.get(field) for field in expected["fields"]}
            self.assertEqual((record["size"], record["alignment"], found),
                             (expected["size"], expected["alignment"], expected["fields"]), name)

    def counts(self):
        return {each["name"]: (each["atomics"], each["locks"]) for each in layouts(self.binary)}

    def test_rust(self):
        self.compile("rustc", "-g", "--edition", "2021", HERE / "fixtures/counters.rs",
                     "-o", self.binary)
        self.compare()
        self.assertEqual(self.counts(), {
            "counters::Counters": (2, 2), "counters::Padded": (1, 0), "counters::Ring": (6, 0),
            "counters::State": (0, 0), "counters::State::Busy": (0, 0),
            "counters::State::Idle": (0, 0)})

    def test_go(self):
        self.compile("go", "build", "-o", self.binary, HERE / "fixtures/counters.go")
        self.compare()
        self.assertEqual(self.counts(), {"main.Counters": (2, 2), "main.Ring[int32]": (2, 0)})


class Large(unittest.TestCase):
    def test_the_tool_reads_itself(self):
        started = time.monotonic()
        done = subprocess.run([QUARREL, "layout", QUARREL, "--json"], capture_output=True,
                              text=True, check=False)
        if "no debug information" in done.stderr:
            self.skipTest("quarrel was built without -g")
        seconds = time.monotonic() - started
        megabytes = pathlib.Path(QUARREL).stat().st_size / 1e6
        names = {each["name"] for each in json.loads(done.stdout)["records"]}
        self.assertIn("quarrel::SourceRecord", names)
        print(f"{megabytes:.0f} MB with {len(names)} records of its own: {seconds:.1f} s",
              file=sys.stderr)


class Refusals(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def refused(self, *arguments):
        done = quarrel(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        return done.stderr

    def compiled(self, *flags):
        return compile_fixture(self.folder, "plain.c", "gcc", list(flags))

    def test_a_stripped_binary_is_told_how_to_get_debug_information(self):
        message = self.refused(self.compiled("-s"))
        self.assertIn("has no debug information", message)
        self.assertIn("compile with -g", message)

    def test_line_tables_alone_describe_no_records(self):
        self.assertIn("-g1", self.refused(self.compiled("-g1")))

    def test_an_object_file_is_not_linked_yet(self):
        self.assertIn("object file", self.refused(self.compiled("-g", "-c")))

    def test_what_is_no_elf_file_is_said_to_be_none(self):
        text = self.folder / "text"
        text.write_text("#!/bin/sh\n")
        self.assertIn("is not an ELF file", self.refused(text))
        self.assertIn("cannot open", self.refused(self.folder / "missing"))
        self.assertIn("not a regular file", self.refused(self.folder))

    def test_a_missing_type_suggests_similar_names(self):
        binary = self.compiled("-g")
        self.assertIn("cache_t", self.refused(binary, "CACHE"))
        self.assertIn("lists all records", self.refused(binary, "nothing_like_it"))

    def test_a_split_binary_without_its_types_says_what_is_missing(self):
        binary = self.compiled("-g", "-gsplit-dwarf")
        for path in self.folder.glob("*.dwo"):
            path.unlink()
        self.assertIn(".dwo", self.refused(binary))

    def test_types_that_hold_themselves_end(self):
        binary = self.folder / "hostile"
        subprocess.run(["gcc", "-shared", "-nostdlib", HERE / "fixtures/hostile.s", "-o", binary],
                       check=True)
        self.assertEqual(quarrel(binary).returncode, 0)
        for name in ("itself", "endless", "parent"):
            self.assertEqual(quarrel(binary, name).returncode, 0, name)

    def test_an_odd_line_size_is_refused(self):
        self.assertIn("64 or 128", self.refused(self.compiled("-g"), "--line-size", "96"))


if __name__ == "__main__":
    unittest.main()
