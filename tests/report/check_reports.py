#!/usr/bin/env python3
"""Do all report formats keep their promises? usage: check_reports.py RENDER_SAMPLE [--update]"""
import difflib
import html.parser
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "report"
RUNS = ["busy", "quiet", "hostile", "many", "uses", "memory", "scan"]
FORMATS = ["text", "json", "sarif", "clang", "html", "markdown"]
GOLDEN_FORMATS = ["text", "json", "clang", "markdown"]
FINGERPRINT = re.compile(rb"\b[0-9a-f]{64}\b")
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def render(program, run, form):
    return subprocess.run([program, run, form], check=True, capture_output=True).stdout


def check_goldens(outputs, update):
    for (run, form), output in outputs.items():
        if form not in GOLDEN_FORMATS or run in ("hostile", "many"):
            continue
        path = GOLDEN / f"{run}.{form}"
        if update:
            path.write_bytes(output)
        elif not path.exists() or path.read_bytes() != output:
            old = path.read_text(errors="replace") if path.exists() else ""
            new = output.decode(errors="replace")
            diff = difflib.unified_diff(old.splitlines(), new.splitlines(), str(path), "now", lineterm="")
            failures.append("\n".join(diff) + f"\nupdate with: {sys.argv[0]} RENDER_SAMPLE --update")


def check_schema(document, schema_path, name):
    import jsonschema
    schema = json.loads(schema_path.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for error in validator.iter_errors(document):
        failures.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def check_sums(report, name):
    totals = report["totals"]
    locks = sum(f["cost"]["thread_ms_per_s"] for f in report["findings"] if "waits" in f)
    expect(abs(locks - totals["reported_ms_per_s"]) < 1e-6, f"{name}: lock findings do not sum up")
    expect(totals["reported_ms_per_s"] <= totals["contention_ms_per_s"] + 1e-6,
           f"{name}: the findings exceed the total")
    for finding in report["findings"]:
        if "waits" in finding:
            waited = sum(t["thread_ms_per_s"] for t in finding["threads"] if t["role"] == "waiter")
            expect(abs(waited - finding["cost"]["thread_ms_per_s"]) < 1e-6, f"{name}: waiters do not sum up")
    for row in report["coverage"]:
        expect(row["seen"] == row["attributed"] + row["unresolved"] + row["lost"],
               f"{name}: account of {row['collector']} does not add up")
        expect(row["lost"] == sum(loss["count"] for loss in row["losses"]), f"{name}: losses differ")


def check_text(output, name):
    for line in output.split(b"\n"):
        expect(len(line) <= 100, f"{name}: wider than 100 columns: {line!r}")
        expect(all(0x20 <= c < 0x7F for c in line), f"{name}: not printable ASCII: {line!r}")


class PageCheck(html.parser.HTMLParser):
    """Counts scripts, remembers ids and tags, and refuses whatever could load or run something."""

    def __init__(self, name):
        super().__init__(convert_charrefs=True)
        self.name, self.scripts, self.open, self.ids = name, 0, [], set()
        self.void = {"meta", "br"}

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        if tag not in self.void:
            self.open.append(tag)
        for key, value in attrs:
            expect(not key.startswith("on"), f"{self.name}: event handler {key}")
            expect(key not in ("src", "style", "action"), f"{self.name}: attribute {key} on {tag}")
            expect(key != "href" or value.startswith("#"), f"{self.name}: link to {value}")
            if key == "id":
                expect(value not in self.ids, f"{self.name}: id {value} twice")
                self.ids.add(value)

    def handle_endtag(self, tag):
        expect(bool(self.open) and self.open[-1] == tag, f"{self.name}: </{tag}> closes {self.open[-1:]}")
        if self.open:
            self.open.pop()


def check_html(output, name):
    page = PageCheck(name)
    page.feed(output.decode(errors="replace"))
    expect(page.scripts == 1, f"{name}: {page.scripts} scripts instead of one")
    expect(not page.open, f"{name}: never closed: {page.open}")
    expect(b"<script>alert" not in output, f"{name}: a name became a script")
    expect(len(output) < 5_000_000, f"{name}: larger than 5 MB")
    expect(b"default-src 'none'" in output, f"{name}: no content security policy")


def check_same_findings(outputs, run):
    wanted = {f["fingerprint"].encode() for f in json.loads(outputs[run, "json"])["findings"]}
    for form in FORMATS:
        if run == "many" and form in ("text", "markdown"):
            continue  # shows the first 20 in full and counts the rest, which the golden of text shows
        found = set(FINGERPRINT.findall(outputs[run, form]))
        expect(found == wanted, f"{run}.{form}: lists {len(found)} findings, json {len(wanted)}")


def check_coverage_everywhere(outputs, run):
    for row in json.loads(outputs[run, "json"])["coverage"]:
        for form in FORMATS:
            expect(row["collector"].encode() in outputs[run, form], f"{run}.{form}: no {row['collector']}")


def check_uses(outputs):
    for form in ("text", "markdown", "html"):
        words = " ".join(outputs["uses", form].decode().replace("&#39;", "'").split())
        for wanted in ("3 more locks were held for less", "observed during 1.90 s of 2.00 s", "(allowed: 2 %)"):
            expect(wanted in words, f"uses.{form}: does not say {wanted!r}")
    for form in ("text", "html"):
        expect(b"Hardware watchpoints confirm it: 2 threads" in outputs["uses", form], f"uses.{form}: no watchpoints")


def main():
    program, update = sys.argv[1], "--update" in sys.argv
    outputs = {(run, form): render(program, run, form) for run in RUNS for form in FORMATS}
    check_goldens(outputs, update)
    for run in RUNS:
        expect(all(outputs[run, form] == render(program, run, form) for form in FORMATS),
               f"{run}: the second rendering differs")
        report = json.loads(outputs[run, "json"])
        check_sums(report, run)
        check_schema(report, ROOT / "docs" / "quarrel.schema.json", f"{run}.json")
        check_schema(json.loads(outputs[run, "sarif"]),
                     ROOT / "tests" / "report" / "sarif_promise.schema.json", f"{run}.sarif")
        check_text(outputs[run, "text"], f"{run}.text")
        check_html(outputs[run, "html"], f"{run}.html")
        check_same_findings(outputs, run)
        check_coverage_everywhere(outputs, run)
    check_uses(outputs)
    print("\n".join(failures) or "every format keeps its promises")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
