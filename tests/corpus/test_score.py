#!/usr/bin/env python3
"""Does the corpus count a case as found only if record, field, rule and the fix agree?"""
import dataclasses
import pathlib
import sys
import tempfile
import unittest

import database
import headers
import tables
from cases import Case, last_component, selected
from score import Side, expected_rules, score

CASE = Case(id="queue", label="POS", kind="FS-ATOM-ATOM", detect="T", repo="o/n", fix_sha="f" * 40,
            parent_sha="a" * 40, path="queue.h", record="ns::Queue", fields=("head", "tail"),
            lang="C++", parse_main="", parse_driver="", parse_flags="", evidence="", notes="")
NEGATIVE = dataclasses.replace(CASE, label="NEG", kind="NEG-LAYOUT", detect="-")


def finding(fields, rule="false-sharing", level="note", record="ns::Queue<int>"):
    return {"rule": rule, "level": level, "message": " and ".join(fields) + " meet",
            "subject": {"name": record, "type": record, "fields": [{"name": f} for f in fields]}}


def outcome(parent, fix, case=CASE):
    return score(case, Side(parent), Side(fix)).outcome


class Positive(unittest.TestCase):
    def test_found_in_the_parent_and_gone_in_the_fix_passes(self):
        verdict = score(CASE, Side([finding(["head", "tail"])]), Side([]))
        self.assertEqual((verdict.outcome, verdict.strong), ("pass", True))

    def test_one_field_of_several_passes_weakly(self):
        verdict = score(CASE, Side([finding(["head", "mutex"])]), Side([]))
        self.assertEqual((verdict.outcome, verdict.strong), ("pass", False))

    def test_the_same_pair_in_the_fix_is_not_gone(self):
        both = [finding(["head", "tail"])]
        self.assertEqual(outcome(both, both), "not gone")

    def test_another_pair_in_the_fix_is_another_matter(self):
        self.assertEqual(outcome([finding(["head", "tail"])], [finding(["head", "size"])]), "pass")

    def test_a_fix_that_separates_some_of_the_members_passes_in_part(self):
        case = dataclasses.replace(CASE, fields=("head", "tail", "size"))
        verdict = score(case, Side([finding(["head", "tail", "size"])]),
                        Side([finding(["head", "tail"])]))
        self.assertEqual((verdict.outcome, verdict.is_part), ("pass", True))

    def test_a_lower_level_in_the_fix_counts_as_gone(self):
        self.assertEqual(outcome([finding(["head", "tail"], level="warning")],
                                 [finding(["head", "tail"])]), "pass")

    def test_another_record_or_rule_or_field_is_a_miss(self):
        for wrong in (finding(["head", "tail"], record="ns::Stack"),
                      finding(["head", "tail"], record="ns::Queue::Node"),
                      finding(["size", "mutex"]), finding(["head", "tail"], rule="mixed-access")):
            self.assertEqual(outcome([wrong], []), "missed")

    def test_nested_member_names_count_by_component(self):
        self.assertEqual(outcome([finding(["state.head", "state.size"])], []), "pass")

    def test_a_suffix_that_a_macro_pastes_does_not_matter(self):
        self.assertEqual(outcome([finding(["head_atomic__", "size"])], []), "pass")
        self.assertEqual(outcome([finding(["head_lock", "size"])], []), "missed")

    def test_globals_match_by_the_variables_named(self):
        case = dataclasses.replace(CASE, record="(globals)")
        self.assertEqual(outcome([finding(["tail"], record="a.c")], [], case), "pass")
        self.assertEqual(outcome([finding(["size"], record="a.c")], [], case), "missed")

    def test_a_fix_that_does_not_parse_proves_nothing(self):
        verdict = score(CASE, Side([finding(["head", "tail"])]), Side([], False, "no record"))
        self.assertEqual(verdict.outcome, "not parsed")


class Negative(unittest.TestCase):
    def test_notes_are_allowed_and_counted(self):
        verdict = score(NEGATIVE, None, Side([finding(["head", "tail"])]))
        self.assertEqual((verdict.outcome, verdict.notes), ("pass", 1))

    def test_a_warning_is_an_alarm(self):
        loud = [finding(["head", "tail"], level="warning")]
        self.assertEqual(score(NEGATIVE, None, Side(loud)).outcome, "alarm")


class Rules(unittest.TestCase):
    def test_each_kind_has_its_rules(self):
        self.assertIn("hot-cold", expected_rules(CASE))
        self.assertNotIn("hot-cold", expected_rules(dataclasses.replace(CASE, kind="RMW")))
        overpad = dataclasses.replace(CASE, label="OVERPAD", kind="PADCALC", detect="S")
        self.assertIn("pad-formula", expected_rules(overpad))


class Selection(unittest.TestCase):
    def test_names_lose_scopes_and_template_arguments(self):
        self.assertEqual(last_component("a::Q<b::C>::Node<d::E>"), "Node")
        self.assertEqual(last_component("expire()"), "expire")
        self.assertEqual(last_component("(globals)"), "(globals)")

    def test_cases_are_chosen_by_id_or_class(self):
        self.assertEqual(selected([CASE, NEGATIVE], set(), {"NEG"}), [NEGATIVE])
        self.assertEqual(selected([CASE, NEGATIVE], {"other"}, set()), [])

    def test_units_are_ranked_by_rare_fields_and_tests_come_last(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            (tree / "test").mkdir()
            for name, text in (("a.cc", "Queue q; q.head;"), ("b.cc", "Queue q; q.head + q.tail;"),
                               ("test/c.cc", "Queue q; q.head + q.tail;"), ("d.cc", "head")):
                (tree / name).write_text(text)
            names = [each.name for each in database.ranked_sources(CASE, tree)]
        self.assertEqual(names, ["b.cc", "a.cc", "c.cc"])

    def test_templates_of_headers_detect_headers_and_nothing_else(self):
        self.assertEqual(headers.fill_template("#cmakedefine01 A\n#cmakedefine B\n#define C @C@"),
                         "#define A 0\n\n#define C 0")
        self.assertEqual(headers.fill_template("#define @A@ @B@"), "#define UNSET_A 0")
        self.assertEqual(headers.fill_template("#undef HAVE_SYS_EPOLL_H\n#undef HAVE_NO_SUCH_H"),
                         "#define HAVE_SYS_EPOLL_H 1\n")


class Tables(unittest.TestCase):
    def test_what_did_not_parse_is_counted_apart(self):
        results = [(CASE, score(CASE, Side([finding(["head", "tail"])]), Side([]))),
                   (CASE, score(CASE, Side([], False, "x"), Side([])))]
        row = list(tables.totals(results))[2]
        self.assertIn("| 2 | 1 | 1 | 1 |", row)


if __name__ == "__main__":
    sys.exit(unittest.main())
