"""Does a report name the record and the fields of a case, and by the right rule?"""
import dataclasses
import itertools
import re

from cases import LEVELS, last_component

LAYOUT = {"false-sharing", "hot-cold", "lock-shares-line", "array-stride", "line-straddle",
          "sibling-unfixed"}
PADDING = {"pad-no-op", "pad-formula", "align-lost", "over-padded", "constructive-for-destructive"}
# Of class S: heap neighbours, and pads that miss, also show as what they fail to prevent.
PADDING_OR_NEIGHBOUR = PADDING | {"array-stride", "sibling-unfixed", "false-sharing"}
RACES = {"mixed-access", "non-atomic-rmw"}
BY_KIND = {
    "MIX": RACES, "RMW": RACES, "TEAR": RACES | {"joint-snapshot"}, "ABA": {"cas-aba"},
    "ATOMMISUSE": {"order-as-operand"}, "PADBUG": PADDING_OR_NEIGHBOUR,
    "LOCKSPLIT": LAYOUT, "NEG-LAYOUT": None, "NEG-RMW": None, "NEG-MIX": None,
}


@dataclasses.dataclass
class Side:
    """What one tree of a case gave: its findings, or why there are none."""
    findings: list
    is_parsed: bool = True
    reason: str = ""


@dataclasses.dataclass
class Verdict:
    outcome: str  # pass | missed | not gone | alarm | not parsed
    rules: tuple = ()
    strong: bool = False  # a finding names two of the case's fields, or all it has
    detail: str = ""
    notes: int = 0
    false_rules: tuple = ()  # rules that still speak in the fix, or of a negative
    is_hit: bool = False
    is_part: bool = False  # the fix separated some, not all, of the members that were reported


def expected_rules(case):
    """The rules that may find the case; None: any."""
    if case.kind in BY_KIND:
        return BY_KIND[case.kind]
    if case.label == "OVERPAD":
        return PADDING
    if case.detect == "S":
        return PADDING_OR_NEIGHBOUR if case.kind == "FS-HEAP" else PADDING
    if case.detect in ("T", "A", "R", "O", "P"):
        return LAYOUT
    return None


def names_of(finding):
    subject = finding["subject"]
    return {field["name"] for field in subject.get("fields", [])}


def has_record(case, finding):
    subject = finding["subject"]
    named = {last_component(name) for name in (subject.get("name", ""), subject.get("type", ""))}
    if case.is_of_variables:
        return bool(mentions(finding, case.fields))
    alike = {case.simple_record, re.sub(r"_(s|t|st|stct|struct)$", "", case.simple_record)}
    return bool(named & alike) or owner_of(case, subject) in alike


def owner_of(case, subject):
    """`Q::tail` or `Q.tail`: the record stands before the member; `Q::Node` is another record."""
    words = re.split(r"::|\.|->", re.sub(r"<.*>", "", subject.get("name", "")))
    return words[-2].strip() if len(words) > 1 and words[-1] in case.fields else ""


def mentions(finding, fields):
    """The fields that the finding names, in its subject or in its message."""
    subject = finding["subject"]
    components = {part for name in [*names_of(finding), subject.get("name", "")]
                  for part in re.split(r"\.|::|\[.*?\]", name)}
    words = set(re.findall(r"\w+", finding.get("message", "")))
    return {field for field in fields
            if field in components or field in words
            or any(is_pasted(field, each) for each in components)}


def is_pasted(field, name):
    """A macro that declares members may paste a suffix of its own: `total` is `total_atomic__`."""
    return name.startswith(field + "_") and name.endswith("__")


def matching(case, findings, rules):
    """Findings by one of the rules, in the case's record, that name a field of it."""
    return [finding for finding in findings
            if (rules is None or finding["rule"] in rules)
            and has_record(case, finding)
            and (not case.fields or mentions(finding, case.fields))]


def claims(case, finding):
    """What a finding says of the case's fields: the pairs of members that it brings together."""
    names = names_of(finding) or mentions(finding, case.fields)
    mine = mentions(finding, case.fields)
    pairs = {(finding["rule"], frozenset(pair)) for pair in itertools.combinations(names, 2)
             if not mine or any(name in re.split(r"\.|\[.*?\]", each)
                                for each in pair for name in mine)}
    return pairs or {(finding["rule"], frozenset(mine))}


def is_gone(case, hit, fixed):
    """True if the fix has no finding of the same claim at the same level or above."""
    level = LEVELS[hit["level"]]
    return not any(claims(case, hit) & claims(case, other) and LEVELS[other["level"]] >= level
                   for other in fixed)


def is_part_gone(case, hit, fixed):
    """True if two of the case's fields were reported together, and in the fix are not."""
    named = {frozenset(pair) for pair in itertools.combinations(sorted(own_fields(case, hit)), 2)}
    left = {frozenset(pair) for other in fixed if LEVELS[other["level"]] >= LEVELS[hit["level"]]
            for pair in itertools.combinations(sorted(own_fields(case, other)), 2)}
    return bool(named - left)


def own_fields(case, finding):
    """The case's fields that are members of the finding itself, not just words of its message."""
    components = {part for name in names_of(finding) for part in re.split(r"\.|\[.*?\]", name)}
    return {field for field in case.fields
            if field in components or any(is_pasted(field, each) for each in components)}


def score(case, parent, fix):
    """The verdict over a case from the reports of its trees (parent is None for negatives)."""
    return score_negative(case, fix) if case.is_negative else score_positive(case, parent, fix)


def score_negative(case, side):
    if not side.is_parsed:
        return Verdict("not parsed", detail=side.reason)
    found = matching(case, side.findings, None)
    loud = [each for each in found if LEVELS[each["level"]] > 0]
    return Verdict("alarm" if loud else "pass", rules_of(loud), notes=len(found) - len(loud),
                   false_rules=rules_of(found), detail=first_message(loud or found))


def score_positive(case, parent, fix):
    if not parent.is_parsed:
        return Verdict("not parsed", detail="parent: " + parent.reason)
    rules = expected_rules(case)
    hits = matching(case, parent.findings, rules)
    if not hits:
        others = rules_of(matching(case, parent.findings, None))
        said = f"only {', '.join(others)}" if others else "silent"
        return Verdict("missed", detail=said)
    # Without the record the fix cannot show that the finding went away.
    if fix is not None and not fix.is_parsed:
        return Verdict("not parsed", detail="fix: " + fix.reason, is_hit=True)
    left = matching(case, fix.findings, rules) if fix else []
    gone = [hit for hit in hits if is_gone(case, hit, left)]
    is_part = not gone
    if is_part:
        gone = [hit for hit in hits if is_part_gone(case, hit, left)]
    enough = min(2, len(case.fields))
    return Verdict("pass" if gone else "not gone", rules_of(gone or hits), is_hit=True,
                   is_part=bool(gone) and is_part,
                   strong=any(len(mentions(hit, case.fields)) >= enough for hit in gone or hits),
                   false_rules=tuple(sorted(set(rules_of(hits)) - set(rules_of(gone)))),
                   detail=first_message(gone or hits))


def rules_of(findings):
    return tuple(sorted({finding["rule"] for finding in findings}))


def first_message(findings):
    return f"{findings[0]['level']}: {findings[0].get('message', '')}" if findings else ""
