#!/usr/bin/env python3
"""Does a scan account for every unit, whatever some of them do to it? check_scan.py SCAN"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from scan_tool import run_scan, write_database

SCAN = sys.argv.pop(1)
GOOD = "struct S { int a; };\nint f(S* s) { return s->a; }\n"
CRASH = "int before;\n#pragma clang __debug crash\n"
SLOW = """constexpr long spin() { long n = 0; for (;;) n = n == 7 ? 0 : n + 1; return n; }
constexpr long kValue = spin();
"""
SHARED = """#include <atomic>
#include <thread>
struct alignas(64) Counters { std::atomic<long> a{0}; std::atomic<long> b{0}; };
inline Counters g_counters;
"""
USES = """#include "shared.h"
void %s() { for (int i = 0; i < 9; ++i) g_counters.%s.fetch_add(1); }
void start_%s() { std::thread(%s).detach(); }
"""


class Scan(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def project(self, **sources):
        paths = []
        for name, text in sources.items():
            path = self.folder / f"{name}.cc"
            path.write_text(text)
            paths.append(path)
        write_database(self.folder, paths)

    def scan(self, *options):
        return run_scan(SCAN, self.folder, "--root", str(self.folder), *options)

    def shared_project(self):
        (self.folder / "shared.h").write_text(SHARED)
        self.project(a=USES % ("one", "a", "one", "one"), b=USES % ("two", "b", "two", "two"))

    def test_a_clean_project_exits_0(self):
        self.project(good=GOOD)
        done = self.scan()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 translation units analysed", done.stderr)

    def test_a_unit_that_crashes_the_parser_costs_only_itself(self):
        self.project(bad=CRASH, good=GOOD)
        done = self.scan()
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("bad.cc: crashed", done.stderr)
        self.assertIn("1 of 2 translation units analysed", done.stderr)

    def test_lambdas_may_stand_in_conditions(self):
        """Each opens a frame of the walk while its surroundings have one."""
        self.project(good="""int g(int);
int f(int a) { return [&] { return [&] { return a; }() > 1; }() ? g(1) : g(2); }
bool h(int a) { return [&] { return g(a) > 1; }() && g(3) > 4; }
""")
        done = self.scan()
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipIf(os.environ.get("QUARREL_SANITIZE"),
                     "workers have no limit of memory: a sanitizer needs terabytes of addresses")
    def test_a_unit_that_needs_too_much_memory_costs_only_itself(self):
        self.project(big="#include <regex>\n#include <map>\nstd::regex r(\"a\");\n", good=GOOD)
        # libclang and LLVM alone map some 400 MB; this is too little for them to start up with.
        done = self.scan("--memory-limit", "64")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("big.cc: out of memory", done.stderr)

    def test_a_unit_that_takes_too_long_costs_only_itself(self):
        slow = "// flags: -fconstexpr-steps=2000000000\n" + SLOW
        self.project(slow=slow, good=GOOD)
        done = self.scan("--timeout", "4s")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("slow.cc: timed out", done.stderr)
        self.assertIn("1 of 2 translation units analysed", done.stderr)

    def test_a_unit_with_errors_is_analysed_as_far_as_it_goes(self):
        self.project(odd='#include "missing.h"\n' + GOOD)
        done = self.scan()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 translation units analysed (1 with errors)", done.stderr)
        self.assertIn("missing.h", done.stderr)

    def test_facts_are_the_same_bytes_whatever_the_number_of_workers(self):
        self.shared_project()
        results = []
        for jobs in ("1", "2"):
            facts = self.folder / f"facts{jobs}.quarrel"
            self.scan("-j", jobs, "--facts", str(facts))
            results.append(facts.read_bytes())
        self.assertEqual(results[0], results[1])

    def test_facts_of_single_units_merge_into_those_of_one_scan(self):
        self.shared_project()
        whole, merged = self.folder / "whole.quarrel", self.folder / "merged.quarrel"
        scanned = self.scan("--facts", str(whole), "--json")
        parts = [self.folder / f"{unit}.quarrel" for unit in "ba"]
        for part in parts:
            self.scan(str(self.folder / f"{part.stem}.cc"), "--facts", str(part))
        quarrel = pathlib.Path(SCAN).with_name("quarrel")
        subprocess.run([quarrel, "merge", *parts, "-o", merged], check=True, capture_output=True)
        self.assertEqual(whole.read_bytes(), merged.read_bytes())
        report = subprocess.run([quarrel, "report", merged, "--json"], check=False,
                                capture_output=True, text=True)
        self.assertEqual(report.stdout, scanned.stdout)

    def cached(self, *options):
        """Too little time to parse anything: what comes out, the cache had."""
        return self.scan("--cache", str(self.folder / "cache"), "--timeout", "1ms", *options)

    def fill_cache(self):
        self.shared_project()
        old = time.time() - 100
        for path in self.folder.iterdir():
            os.utime(path, (old, old))
        done = self.scan("--cache", str(self.folder / "cache"), "--json")
        self.assertEqual(done.returncode, 1, done.stderr)  # it has a finding
        return done.stdout

    def test_an_unchanged_project_is_not_parsed_again(self):
        first = self.fill_cache()
        again = self.cached("--json")
        self.assertEqual((again.returncode, again.stdout), (1, first), again.stderr)
        os.utime(self.folder / "shared.h", (9, 9))
        touched = self.cached("--json")
        self.assertEqual((touched.returncode, touched.stdout), (1, first), touched.stderr)
        for entry in (self.folder / "cache").iterdir():
            self.assertEqual(entry.stat().st_mode & 0o777, 0o600)

    def test_a_changed_unit_is_parsed_again_and_a_changed_header_is_in_all(self):
        self.fill_cache()
        with (self.folder / "a.cc").open("a") as source:
            source.write("int more;\n")
        done = self.cached()
        self.assertIn("1 of 2 translation units analysed", done.stderr)
        self.assertIn("a.cc: timed out", done.stderr)
        with (self.folder / "shared.h").open("a") as source:
            source.write("struct More {};\n")
        self.assertIn("0 of 2 translation units analysed", self.cached().stderr)

    def test_damaged_entries_count_as_none(self):
        first = self.fill_cache()
        for damage in (lambda b: b[:-1], lambda b: b[:40], lambda b: b"", lambda b: b + b"x",
                       lambda b: b[:len(b) // 2] + b"\xff" + b[len(b) // 2 + 1:]):
            for entry in (self.folder / "cache").iterdir():
                entry.write_bytes(damage(entry.read_bytes()))
            self.assertIn("0 of 2 translation units analysed", self.cached().stderr)
            done = self.scan("--cache", str(self.folder / "cache"), "--json")
            self.assertEqual(done.stdout, first)

    def test_explain_shows_the_way_from_a_thread_to_the_access(self):
        (self.folder / "shared.h").write_text(SHARED)
        self.project(a=USES % ("one", "a", "one", "one"), b=USES % ("two", "b", "two", "two"))
        found = json.loads(self.scan("--explain", "--json").stdout)["findings"]
        notes = [at["note"] for at in found[0]["locations"] if at["role"] == "path"]
        self.assertEqual(notes, ["std::thread starts one here", "std::thread starts two here"])

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.folder, "-c", "user.name=t", "-c", "user.email=t@t",
                        *arguments], check=True, capture_output=True)

    def test_since_shows_a_record_that_became_worse_without_an_edit(self):
        """Two counters a line apart; then the record between them shrinks in another file."""
        (self.folder / "gap.h").write_text("struct Gap { char bytes[64]; };\n")
        (self.folder / "shared.h").write_text(SHARED.replace("#include <atomic>", """#include <atomic>
#include "gap.h\"""").replace("std::atomic<long> b{0};", "Gap gap; std::atomic<long> b{0};"))
        self.project(a=USES % ("one", "a", "one", "one"), b=USES % ("two", "b", "two", "two"))
        self.git("init", "-q")
        self.git("add", "gap.h", "shared.h", "a.cc", "b.cc")
        self.git("commit", "-q", "-m", "apart")
        (self.folder / "gap.h").write_text("struct Gap { char bytes[8]; };\n")
        index = (self.folder / ".git/index").read_bytes()
        done = self.scan("--since", "HEAD", "--json")
        found = json.loads(done.stdout)["findings"]
        self.assertEqual([each["rule"] for each in found], ["false-sharing"], done.stderr)
        self.assertIn("Counters itself was not edited; its member gap", found[0]["reason"])
        self.assertIn("1 worse or new, 0 unchanged, 0 gone", done.stderr)
        self.assertEqual(index, (self.folder / ".git/index").read_bytes())
        self.git("commit", "-qam", "together")
        done = self.scan("--since", "HEAD", "--json")
        self.assertEqual(json.loads(done.stdout)["findings"], [])
        self.assertIn("0 worse or new, 1 unchanged, 0 gone", done.stderr)

    def test_since_names_a_revision_that_does_not_exist(self):
        self.project(good=GOOD)
        self.git("init", "-q")
        done = self.scan("--since", "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--since nowhere: no such revision", done.stderr)

    def test_two_units_that_write_to_one_line_are_joined_through_their_header(self):
        self.shared_project()
        done = self.scan("--json")
        found = json.loads(done.stdout)["findings"]
        self.assertEqual([each["rule"] for each in found], ["false-sharing"], done.stdout)

    def test_the_exit_code_follows_fail_on(self):
        self.shared_project()
        levels = {"note": 1, "error": 0}
        for level, code in levels.items():
            self.assertEqual(self.scan("--fail-on", level).returncode, code)

    def test_facts_are_not_overwritten_without_force(self):
        self.project(good=GOOD)
        facts = self.folder / "facts.quarrel"
        facts.write_text("mine")
        self.assertEqual(self.scan("--facts", str(facts)).returncode, 2)
        self.assertEqual(facts.read_text(), "mine")
        self.assertEqual(self.scan("--facts", str(facts), "--force").returncode, 0)

    def test_paths_restrict_the_units_that_are_parsed(self):
        self.project(one=GOOD, two=GOOD)
        done = self.scan(str(self.folder / "two.cc"))
        self.assertIn("1 of 1 translation units analysed", done.stderr)
        self.assertEqual(self.scan(str(self.folder / "three.cc")).returncode, 2)

    def test_a_missing_database_names_the_way_to_make_one(self):
        done = run_scan(SCAN, self.folder / "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("CMAKE_EXPORT_COMPILE_COMMANDS", done.stderr)
        self.assertIn("bear", done.stderr)

    def test_a_broken_database_is_an_error(self):
        for text in ("{", "[]", "[1, {}]", '{"file": 3}'):
            (self.folder / "compile_commands.json").write_text(text)
            done = self.scan()
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("compile_commands.json", done.stderr)

    def test_commands_as_text_relative_folders_and_duplicates_are_understood(self):
        (self.folder / "src").mkdir()
        (self.folder / "src" / "a b.cc").write_text(GOOD)
        entry = {"directory": "src", "file": "a b.cc",
                 "command": "ccache c++ -c 'a b.cc' -o a.o -fno-canonical-system-headers -Werror"}
        inner = {"directory": "src", "file": "a b.cc", "command": "clang -cc1 -x c++ 'a b.cc'"}
        (self.folder / "compile_commands.json").write_text(json.dumps([inner, entry, entry]))
        done = self.scan()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 of 1 translation units analysed\n", done.stderr)

    def test_ctrl_c_ends_the_workers_and_exits_130(self):
        self.project(slow="// flags: -fconstexpr-steps=2000000000\n" + SLOW)
        process = subprocess.Popen([SCAN, "-p", str(self.folder)], stderr=subprocess.DEVNULL)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            time.sleep(0.05)
        worker = int(children.read_text().split()[0])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        with self.assertRaises(ProcessLookupError):
            os.kill(worker, 0)


if __name__ == "__main__":
    unittest.main()
