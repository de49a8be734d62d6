#!/usr/bin/env python3
"""Does `quarrel scan --binary` report what types give away, and nothing else?
check_binary_scan.py QUARREL_SCAN"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
SCAN = sys.argv.pop(1)
EXPECT = re.compile(r"// expect: ([a-z]+-[a-z-]+) (.*)$")


def scan(*arguments):
    return subprocess.run([SCAN, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=120)


def expectations(source):
    for number, line in enumerate(source.read_text().splitlines(), 1):
        if found := EXPECT.search(line):
            yield number, *found.groups()


class BinaryScan(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.binary = pathlib.Path(self.temporary.name) / "program"

    def compile(self, compiler, source, *flags):
        subprocess.run([compiler, *flags, "-w", FIXTURES / source, "-o", self.binary, "-pthread"],
                       check=True)

    def findings(self, *options):
        done = scan("--binary", self.binary, "--root", FIXTURES, "--json", *options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)["findings"]

    def check(self, compiler, source, *flags):
        self.compile(compiler, source, *flags)
        left = self.findings()
        for line, rule, text in expectations(FIXTURES / source):
            match = [each for each in left if each["rule"] == rule and text in each["message"]
                     and (each["locations"][0]["file"], each["locations"][0]["line"])
                     == (source, line)]
            self.assertEqual(len(match), 1, f"{source}:{line}: {rule} {text} in {left}")
            left.remove(match[0])
        self.assertEqual(left, [])

    def test_cxx_by_gcc(self):
        self.check("g++", "findings.cc", "-std=c++20", "-g")

    def test_cxx_by_clang(self):
        self.check("clang++-19", "findings.cc", "-std=c++20", "-g")

    def test_c_by_gcc(self):
        self.check("gcc", "findings.c", "-g")

    def test_c_by_clang(self):
        self.check("clang-19", "findings.c", "-g")

    def test_every_finding_is_a_note(self):
        self.compile("g++", "findings.cc", "-std=c++20", "-g")
        self.assertEqual({each["level"] for each in self.findings()}, {"note"})

    def test_facts_are_kept_and_judge_no_accesses(self):
        self.compile("g++", "findings.cc", "-std=c++20", "-g")
        facts = pathlib.Path(self.temporary.name) / "facts.quarrel"
        rules = {each["rule"] for each in self.findings("--facts", facts)}
        self.assertTrue(facts.stat().st_size > 0)
        self.assertEqual(rules, {"line-straddle", "pad-no-op"})

    def test_it_goes_with_no_other_source(self):
        done = scan("--binary", "/bin/true", "-p", "build")
        self.assertEqual(done.returncode, 2)
        self.assertIn("neither -p", done.stderr)

    def test_a_stripped_binary_is_an_error(self):
        self.compile("gcc", "findings.c", "-s")
        done = scan("--binary", self.binary)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no debug information", done.stderr)


if __name__ == "__main__":
    unittest.main()
