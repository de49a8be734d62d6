"""How do the verdicts add up, and how are they printed?"""
import collections

# The groups of "Must hold" 1 and what each has to reach; True: at most.
GROUPS = (
    ("layout T, A, R, S", 80, False, lambda case: case.label == "POS" and is_layout(case)
     and case.detect in "TARS"),
    ("layout O", 60, False, lambda case: case.label == "POS" and is_layout(case)
     and case.detect == "O"),
    ("layout P (no target)", 0, False, lambda case: case.label == "POS" and is_layout(case)
     and case.detect == "P"),
    ("mixed access and read-modify-write", 70, False, lambda case: case.kind in ("MIX", "RMW")),
    ("padding misuse and over-padding", 85, False, lambda case: case.label == "OVERPAD"
     or case.kind in ("PADBUG", "ALIGNALLOC", "PADCALC")),
    ("code patterns C (no target)", 0, False, lambda case: case.label == "POS"
     and case.detect == "C"),
    ("negatives above note", 10, True, lambda case: case.is_negative),
)


def is_layout(case):
    return case.kind.startswith("FS-") or case.kind in ("PADBUG", "ALIGNALLOC", "LOCKSPLIT")


def case_table(results):
    """Markdown, one row a case."""
    yield "| case | class | kind | record | result | rules | notes |"
    yield "|---|---|---|---|---|---|---|"
    for case, verdict in results:
        detail = verdict.detail.replace("|", "\\|").replace("\n", " ")
        is_weak = verdict.outcome == "pass" and not case.is_negative and not verdict.strong
        result = verdict.outcome + (" (1 field)" if is_weak else "")
        result += " (in part)" if verdict.is_part else ""
        yield (f"| {case.id} | {case.detect} | {case.kind} | `{case.record}` | "
               f"{result} | {', '.join(verdict.rules)} | {detail[:120]} |")


def totals(results):
    """Markdown, one row a group."""
    yield "| group | cases | parsed | in parent | pass | in part | by 2 fields | % | target |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, target, is_limit, belongs in GROUPS:
        verdicts = [verdict for case, verdict in results if belongs(case)]
        parsed = [each for each in verdicts if each.outcome != "not parsed"]
        good = [each for each in parsed if each.outcome == ("alarm" if is_limit else "pass")]
        share = 100 * len(good) / len(parsed) if parsed else 0
        goal = f"{'<=' if is_limit else '>='} {target}" if target else ""
        yield (f"| {name} | {len(verdicts)} | {len(parsed)} | {sum(e.is_hit for e in parsed)} | "
               f"{len(good)} | {sum(e.is_part for e in good)} | {sum(e.strong for e in good)} | "
               f"{share:.0f} | {goal} |")


def precision(results, volume):
    """Markdown, one row a rule: true where a case is found, false where fixed or fine code is."""
    right, wrong = collections.Counter(), collections.Counter()
    for case, verdict in results:
        if not case.is_negative and verdict.outcome == "pass":
            right.update(verdict.rules)
        wrong.update(verdict.false_rules)
    yield "| rule | cases found | wrong: in the fix, or a negative | precision % | all findings |"
    yield "|---|---|---|---|---|"
    for rule in sorted(set(right) | set(wrong) | set(volume)):
        judged = right[rule] + wrong[rule]
        share = f"{100 * right[rule] / judged:.0f}" if judged else "-"
        loud = f"{volume[rule]['note']} notes, {volume[rule]['warning']} above" \
            if rule in volume else ""
        yield f"| {rule} | {right[rule]} | {wrong[rule]} | {share} | {loud} |"


def count_volume(reports):
    """Rule -> notes and louder findings, over the findings of all trees."""
    volume = collections.defaultdict(lambda: {"note": 0, "warning": 0})
    for findings in reports:
        for finding in findings:
            volume[finding["rule"]]["note" if finding["level"] == "note" else "warning"] += 1
    return volume
