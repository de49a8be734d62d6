#!/usr/bin/env python3
"""Does docs/rules.md name every rule of a scan, and does its precision follow from its numbers?"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| \[([\w-]+)\]\(rules/([\w-]+)\.md\) \| (\d+) \| (\d+) \| ([\w-]+) \|$", re.M)
CHECK = re.compile(r'(?:kRule\w*(?:\[\])? = |Registration<Check> \w+\{\{\s*(?:\.name = )?)"([\w-]+)"')


def precision_of(judged, right):
    if judged == 0:
        return "unknown"
    share = right / judged
    return next(word for limit, word in
                [(0.9, "very-high"), (0.75, "high"), (0.5, "medium"), (0, "low")] if share >= limit)


class RulesTable(unittest.TestCase):
    def setUp(self):
        self.rows = ROW.findall((ROOT / "docs/rules.md").read_text())

    def test_every_rule_of_a_scan_has_a_row_and_a_page(self):
        checks = set()
        for source in (ROOT / "analyzers/checks").glob("*.cc"):
            text = source.read_text()
            if "Registration<Check>" in text:
                checks |= set(CHECK.findall(text))
        self.assertTrue(checks)
        self.assertEqual({name for name, *_ in self.rows}, checks)
        for name in checks:
            self.assertTrue((ROOT / "docs/rules" / f"{name}.md").exists(), name)

    def test_the_precision_follows_from_the_numbers(self):
        for name, page, judged, right, precision in self.rows:
            self.assertEqual(name, page)
            self.assertLessEqual(int(right), int(judged), name)
            self.assertEqual(precision, precision_of(int(judged), int(right)), name)


if __name__ == "__main__":
    sys.exit(unittest.main())
