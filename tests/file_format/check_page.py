#!/usr/bin/env python3
"""Does docs/file-format.md document every table, column, word and view, and are its queries true?

--update writes the real output of the queries into the page.
"""
import argparse
import difflib
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "file-format.md"
STORE = ROOT / "src" / "store"
UPDATE = "python3 tests/file_format/check_page.py --update --fixture BUILD/.../file_format_fixture"
QUERY = re.compile(r'^```\n(\$ sqlite3 -header -column (\w+\.quarrel) "\n(.*?)")\n(.*?)^```$', re.M | re.S)


def schema_of_sources():
    """{table: [column]} and the names of the views, as SQLite understands the .sql files."""
    database = sqlite3.connect(":memory:")
    database.executescript((STORE / "schema.sql").read_text() + (STORE / "views.sql").read_text())
    names = lambda kind: [row[0] for row in database.execute(
        "select name from sqlite_schema where type = ? and sql is not null", (kind,))]
    columns = lambda table: [row[1] for row in database.execute(f"pragma table_info({table})")]
    return {table: columns(table) for table in names("table")}, set(names("view"))


def tables_of_page(page):
    """{heading: [first cell of each row]} for all headings of level 3."""
    tables = {}
    for section in re.split(r"^### ", page, flags=re.M)[1:]:
        name, _, body = section.partition("\n")
        body = re.split(r"^## ", body, flags=re.M)[0]
        tables[name.strip()] = re.findall(r"^\| (\w+) \| (?!unit \|)", body, re.M)
    return tables


def words_of_page(page):
    """All lists of words in the tables, as sets."""
    return {frozenset(re.findall(r"`([^`]+)`", row))
            for row in re.findall(r"^\| \w+ \| word \|(.*)$", page, re.M)}


def words_of_sources():
    for body in re.findall(r"to_array<std::string_view>\(\s*\{(.*?)\}\)", (STORE / "words.h").read_text(),
                           re.S):
        yield frozenset(re.findall(r'"([^"]+)"', body))


def undocumented(page):
    tables, views = schema_of_sources()
    documented = tables_of_page(page)
    for table in sorted(tables.keys() | documented.keys()):
        if tables.get(table) != documented.get(table):
            yield f"{table}: schema {tables.get(table)}, page {documented.get(table)}"
    view_table = page.split("## Views")[1].split("\n## ")[0]
    page_views = set(re.findall(r"^\| (\w+) \|", view_table, re.M)) - {"view"}
    for view in sorted(views ^ page_views):
        yield f"view {view}: only in the {'schema' if view in views else 'page'}"
    for words in words_of_sources():
        if words not in words_of_page(page):
            yield f"no row of kind 'word' lists exactly {sorted(words)}"


def with_real_output(page, folder):
    def run(match):
        command, file, query, _ = match.groups()
        result = subprocess.run(["sqlite3", "-header", "-column", f"{folder}/{file}", query],
                                stdout=subprocess.PIPE, text=True, check=True)
        lines = [line.rstrip() for line in result.stdout.splitlines()]
        return "```\n" + "\n".join([command, *lines]) + "\n```"
    return QUERY.sub(run, page)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fixture", required=True)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("sqlite3"):
        print("skipped: no sqlite3 program; apt-get install sqlite3 enables this test")
        return 77
    page = PAGE.read_text()
    problems = list(undocumented(page))
    if len(QUERY.findall(page)) != 5:
        problems.append(f"{len(QUERY.findall(page))} queries found, not 5")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.fixture, folder], check=True)
        real = with_real_output(page, folder)
    if arguments.update:
        PAGE.write_text(real)
    elif real != page:
        problems += difflib.unified_diff(page.splitlines(), real.splitlines(), "page", "real", lineterm="")
        problems.append(f"to accept: {UPDATE}")
    print("\n".join(problems) or "docs/file-format.md is complete and its queries are true")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
