"""What do the facts of a case say of its record and its fields?"""
import re
import sqlite3

from cases import last_component
from score import is_pasted

ACCESSES = """
SELECT a.access, a.form, a.memory_order, a.loop_depth, a.is_indexed_by_variable,
       a.is_initialization, a.base, f.path, a.line, n.name,
       (SELECT count(*) FROM source_access_locks l WHERE l.access_id = a.id)
FROM source_accesses a
LEFT JOIN source_files f ON f.id = a.file_id
LEFT JOIN source_functions n ON n.symbol_id = a.function_symbol_id
WHERE a.object_symbol_id = ? ORDER BY f.path, a.line, a.column"""


class Facts:
    """A facts file, open for questions about one case."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def records(self, case):
        """(id, name, size, align, has_layout) of each record of the case's name."""
        rows = self.db.execute("SELECT id, name, size_bytes, align_bytes, has_layout "
                               "FROM source_records ORDER BY name, id")
        return [row for row in rows if last_component(row[1]) == case.simple_record]

    def fields(self, record):
        """(symbol, name, type, offset, bits, array length, is_atomic, lock) of each field."""
        return self.db.execute(
            "SELECT symbol_id, name, type, offset_bits, size_bits, array_length, is_atomic, lock "
            "FROM source_fields WHERE record_id = ? ORDER BY position", (record,)).fetchall()

    def variables(self, names):
        """(symbol, name, type, storage, size, align, array length, is_atomic, lock)."""
        rows = self.db.execute(
            "SELECT symbol_id, name, type, storage, size_bytes, align_bytes, array_length, "
            "is_atomic, lock FROM source_variables ORDER BY name")
        return [row for row in rows if last_component(row[1]) in names]

    def accesses(self, symbol):
        return self.db.execute(ACCESSES, (symbol,)).fetchall()

    def uses(self, symbol):
        """How often it is read, written, or taken as a lock."""
        regions = self.db.execute(
            "SELECT count(*) FROM source_lock_regions WHERE lock_symbol_id = ?", (symbol,))
        return len(self.accesses(symbol)) + regions.fetchone()[0]

    def units(self):
        """(file, state, reason) of each translation unit."""
        return self.db.execute(
            "SELECT f.path, u.state, u.reason FROM source_units u "
            "LEFT JOIN source_files f ON f.id = u.main_file_id ORDER BY u.id").fetchall()


def presence(case, path):
    """(is the case's object in the facts, why not, accesses per field that is there)."""
    facts = Facts(path)
    if case.is_of_variables:
        found = {last_component(row[1]): row[0] for row in facts.variables(case.fields)}
        counts = {name: facts.uses(symbol) for name, symbol in found.items()}
        return (True, "", counts) if found else (False, "no such variable" + first_error(facts), {})
    records = facts.records(case)
    if not records:
        return False, "no such record" + first_error(facts), {}
    if not any(row[4] for row in records):
        return False, "record without layout" + first_error(facts), {}
    return True, "", count_accesses(case, facts, records)


def count_accesses(case, facts, records):
    counts = {}
    for record in records:
        for symbol, name, *_ in facts.fields(record[0]):
            field = field_of(case, name)
            if field and symbol is not None:
                counts[field] = max(counts.get(field, 0), facts.uses(symbol))
    return counts


def field_of(case, name):
    """The case's field that the member is, if any."""
    return next((each for each in case.fields if each == name or is_pasted(each, name)), None)


def first_error(facts):
    broken = [f"{file}: {state}: {reason}" for file, state, reason in facts.units()
              if state != "complete"]
    return f" ({broken[0][:140]})" if broken else ""


def describe(case, path):
    """Lines for --explain: layouts, and the accesses of the case's fields."""
    facts = Facts(path)
    for file, state, reason in facts.units():
        yield f"  unit {file}: {state} {reason}"
    for row in facts.variables(case.fields):
        yield (f"  variable {row[1]}: {row[2]} {row[3]} size {row[4]} align {row[5]}"
               f"{marks(*row[6:])}")
        yield from access_lines(facts, row[0])
    for record, name, size, align, has_layout in facts.records(case):
        yield f"  record {name}: size {size} align {align}{'' if has_layout else ' NO LAYOUT'}"
        yield from field_lines(case, facts, record)


def field_lines(case, facts, record):
    for symbol, name, kind, offset, bits, *rest in facts.fields(record):
        chosen = field_of(case, name) is not None
        yield (f"  {'*' if chosen else ' '} line {offset // 512:<3} @{offset // 8:<5} "
               f"+{bits // 8:<4} {name or '(unnamed)'}: {kind}{marks(*rest)}")
        if chosen and symbol is not None:
            yield from access_lines(facts, symbol)


def marks(array_length, is_atomic, lock):
    return "".join([f" array of {array_length}" if array_length else "",
                    " ATOMIC" if is_atomic else "", f" LOCK {lock}" if lock != "none" else ""])


def access_lines(facts, symbol):
    for (access, form, order, loop, indexed, setup, base, file, line, function,
         locks) in facts.accesses(symbol):
        extra = "".join([f" loop {loop}" if loop else "", " indexed" if indexed else "",
                         " init" if setup else "", f" {locks} locks" if locks else ""])
        base = re.sub(r"\s+", " ", base)[:30]
        yield f"        {access:<17} {form} {order} [{base}] {file}:{line} {function}{extra}"
