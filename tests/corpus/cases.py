"""Which cases of real false sharing and racy accesses is quarrel judged on?"""
import csv
import dataclasses
import re

LEVELS = {"note": 0, "warning": 1, "error": 2}


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of cases.tsv: a commit that fixed something, or a record that is fine as it is."""
    id: str
    label: str
    kind: str
    detect: str
    repo: str
    fix_sha: str
    parent_sha: str
    path: str
    record: str
    fields: tuple
    lang: str
    parse_main: str
    parse_driver: str
    parse_flags: str
    evidence: str
    notes: str
    sibling_flags: str = ""  # of another case of the repository, if this one has none

    @property
    def is_negative(self):
        return self.label == "NEG"

    @property
    def simple_record(self):
        """The record's own name: no scopes, no template arguments, no parentheses."""
        return last_component(self.record)

    @property
    def is_of_variables(self):
        """Globals, or the static locals of a function."""
        return self.record.startswith("(") or self.record.endswith("()")

    def trees(self):
        """(side, sha) of the trees that exist: a negative has only the one it was read in."""
        sides = [("fix", self.fix_sha)] if self.is_negative else [
            ("parent", self.parent_sha), ("fix", self.fix_sha)]
        return [(side, sha) for side, sha in sides if re.fullmatch("[0-9a-f]{7,40}", sha)]


def last_component(name):
    """`ns::Q<int>::Node` is `Node`, `f()` is `f`; `(globals)` stays."""
    if name.startswith("(") and "::" not in name:
        return name
    depth, plain = 0, ""
    for letter in name:
        depth += letter == "<"
        if depth == 0:
            plain += letter
        depth -= letter == ">"
    return plain.split("::")[-1].split("(")[0].strip()


def read_cases(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    known = {}
    for row in rows:
        if row["parse_flags"]:
            known.setdefault((row["repo"], row["lang"]), row["parse_flags"])
    return [case_of({**row, "sibling_flags": known.get((row["repo"], row["lang"]), "")})
            for row in rows]


def case_of(row):
    names = {field.name for field in dataclasses.fields(Case)}
    values = {name: value.strip() for name, value in row.items() if name in names}
    fields = tuple(each for each in values["fields"].split(";") if each not in ("", "-"))
    return Case(**{**values, "fields": fields})


def selected(cases, ids, classes):
    """The cases asked for: by id, by detect class or by kind; all if nothing was asked."""
    return [case for case in cases
            if (not ids or case.id in ids)
            and (not classes or classes & {case.detect, case.kind, case.label})]
