#!/usr/bin/env python3
"""How many real contention bugs does quarrel-scan find, and does it stay silent on the fixes?

Takes the cases from a table (columns: id, label, kind, detect, repo, fix_sha, parent_sha, path,
record, fields, lang, parse_main, parse_driver, parse_flags) and the commits from git mirrors
MIRRORS/OWNER+NAME/repo. Each case's trees are exported once below WORK/trees; for each tree a
compile_commands.json with the case's own translation unit, and others that use the same fields, is
made below WORK/cases/ID/; the scan's report, log and facts stay beside it.

  run_corpus.py --cases cases.tsv --mirrors DIR --work DIR --scan build/dev/bin/quarrel-scan
  run_corpus.py ... --recheck build/dev/tests/corpus/recheck    # checks only, over the kept facts
  run_corpus.py ... --recheck ... --explain CASE                # why is this one missed?

A fix is scanned only if the parent has a finding to lose, or with --all-fixes. Facts are kept until
--rescan asks for new ones (after a change to the extraction) or --rebuild for new compile commands
too. --recheck takes seconds where a scan takes an hour.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

import facts_view
import tables
from cases import read_cases, selected
from database import write_database
from score import Side, expected_rules, matching, score
from siblings import sibling_trees
from trees import export_tree

UNIT_TIMEOUT = "900s"  # of a busy machine
SCAN_TIMEOUT_S = 3600


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=pathlib.Path, required=True)
    parser.add_argument("--mirrors", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--scan", help="quarrel-scan, for cases whose facts are not kept yet")
    parser.add_argument("--recheck", help="the test program that checks kept facts again")
    parser.add_argument("--rescan", action="store_true", help="extract the facts anew")
    parser.add_argument("--rebuild", action="store_true", help="and choose the units anew")
    parser.add_argument("--all-fixes", action="store_true",
                        help="scan fixes also of what is missed in the parent")
    parser.add_argument("--only", default="", help="case ids, separated by commas")
    parser.add_argument("--class", dest="classes", default="",
                        help="detect classes, kinds or labels, separated by commas")
    parser.add_argument("--extra", type=int, help="further units per case (default 12 C, 2 C++)")
    parser.add_argument("-j", type=int, default=1, help="cases at a time")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables here too")
    parser.add_argument("--explain", metavar="ID", help="all that is known about one case")
    return parser.parse_args()


def as_set(text):
    return {each for each in text.split(",") if each}


# --- one tree of one case: facts, then findings ---


def examine(case, side, sha, options):
    folder = options.work / "cases" / case.id / side
    facts = folder / "facts.quarrel"
    if options.rescan or options.rebuild or not facts.exists():
        reason = scan(case, sha, folder, options)
        if reason:
            return Side([], False, reason)
    elif options.recheck:
        recheck(folder, options)
    is_parsed, reason, _ = facts_view.presence(case, facts)
    if side == "fix" and not is_parsed and is_own_unit_complete(folder):
        is_parsed = True  # what the fix renamed or removed cannot be reported
    return Side(load_findings(folder), is_parsed, reason)


def is_own_unit_complete(folder):
    """True if the case's own unit, the first of the database, parsed without an error."""
    own = json.loads((folder / "compile_commands.json").read_text())[0]["file"]
    return any(state == "complete" and own.endswith(file)
               for file, state, _ in facts_view.Facts(folder / "facts.quarrel").units())


def scan(case, sha, folder, options):
    """Leaves report.json and facts.quarrel in the folder; else says why not."""
    if not options.scan:
        return "no facts kept, and no --scan given"
    tree = export_tree(options.mirrors, case.repo, sha, options.work)
    if tree is None:
        return f"the mirror has no commit {sha[:12]}"
    if options.rebuild or not (folder / "compile_commands.json").exists():
        siblings = sibling_trees(options.mirrors, case.repo, sha, tree, options.work)
        write_database(case, tree, siblings, folder, options.extra)
    command = [options.scan, "-p", folder, "--root", tree, "--json", "-o", folder / "report.json",
               "--fail-on", "error", "-j1", "--timeout", UNIT_TIMEOUT,
               "--facts", folder / "facts.part", "--force"]
    try:
        with open(folder / "log", "w") as log:
            done = subprocess.run(command, stdout=log, stderr=log, timeout=SCAN_TIMEOUT_S,
                                  check=False)
    except subprocess.TimeoutExpired:
        return "the scan took too long"
    if done.returncode not in (0, 1, 3):
        return f"scan: exit code {done.returncode}, see log"
    (folder / "facts.part").rename(folder / "facts.quarrel")
    return ""


def recheck(folder, options):
    done = subprocess.run([options.recheck, folder / "facts.quarrel"], capture_output=True,
                          check=False)
    if done.returncode:
        sys.exit(f"{folder}: {done.stderr.decode()}\nWith a new format of facts, use --rescan.")
    (folder / "report.json").write_bytes(done.stdout)


def load_findings(folder):
    return json.loads((folder / "report.json").read_text())["findings"]


# --- all cases ---


def judge(case, options):
    start = time.monotonic()
    sides = {}
    for side, sha in case.trees():
        if side == "parent" or is_fix_needed(case, sides, options):
            sides[side] = examine(case, side, sha, options)
    verdict = score(case, sides.get("parent"), sides.get("fix"))
    print(f"{case.id}: {verdict.outcome} {' '.join(verdict.rules)} "
          f"({time.monotonic() - start:.0f} s)", file=sys.stderr, flush=True)
    return case, verdict, [side.findings for side in sides.values()]


def is_fix_needed(case, sides, options):
    """What is missed in the parent need not be parsed again in the fix."""
    if case.is_negative or options.all_fixes:
        return True
    facts = options.work / "cases" / case.id / "fix" / "facts.quarrel"
    is_kept = facts.exists() and not options.rescan and not options.rebuild
    return is_kept or bool(matching(case, sides["parent"].findings, expected_rules(case)))


def cheap_first(cases):
    return sorted(cases, key=lambda case: case.lang != "C")


def explain(case, options):
    for side, sha in case.trees():
        result = examine(case, side, sha, options)
        print(f"== {case.id} {case.kind} {side} {sha[:12]} {case.path} "
              f"{case.record}: {' '.join(case.fields)}")
        print(f"   {case.evidence} {case.notes} {result.reason}")
        for finding in matching_record(case, result.findings):
            print(f"  FINDING {finding['level']} {finding['rule']}: {finding['message']}")
        facts = options.work / "cases" / case.id / side / "facts.quarrel"
        if facts.exists():
            print("\n".join(facts_view.describe(case, facts)))


def matching_record(case, findings):
    anywhere = matching(case, findings, None)
    return anywhere + [each for each in findings if each not in anywhere
                       and case.simple_record in json.dumps(each["subject"])]


def main():
    options = parse_arguments()
    cases = read_cases(options.cases)
    if options.explain:
        return explain(next(case for case in cases if case.id == options.explain), options)
    chosen = selected(cases, as_set(options.only), as_set(options.classes))
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        judged = list(pool.map(lambda case: judge(case, options), cheap_first(chosen)))
    judged.sort(key=lambda each: chosen.index(each[0]))
    results = [(case, verdict) for case, verdict, _ in judged]
    volume = tables.count_volume(findings for _, _, reports in judged for findings in reports)
    parts = (tables.totals(results), tables.precision(results, volume), tables.case_table(results))
    text = "\n\n".join("\n".join(part) for part in parts) + "\n"
    print(text)
    if options.markdown:
        options.markdown.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
