#!/usr/bin/env python3
"""Does a browser open the HTML report without an error, and does its policy hold?

usage: check_browser.py RENDER_SAMPLE; exit 77 if there is no chromium.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom"]
CONSOLE = re.compile(r"CONSOLE[:(].*")


def open_page(folder, name, page):
    path = folder / f"{name}.html"
    path.write_bytes(page)
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", path.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=300)
    errors = CONSOLE.findall(done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace"), errors


def problems_of(folder, page, name):
    dom, errors = open_page(folder, name, page)
    yield from (f"{name}: {error}" for error in errors)
    if 'data-ready="true"' not in dom:
        yield f"{name}: the script did not run to its end"
    if dom.count("<script") != 1:
        yield f"{name}: {dom.count('<script')} scripts in the document"


def policy_problem(folder, page):
    """The twin: a script that the policy does not know must be refused, or the test proves nothing."""
    injected = page.replace(b"</body>", b"<script>document.title='owned'</script></body>")
    dom, errors = open_page(folder, "injected", injected)
    if "<title>owned" in dom or not errors:
        yield "injected: the content security policy let a foreign script run"


def main():
    if BROWSER is None:
        print("skipped: no chromium; apt-get install chromium")
        return 77
    pages = {run: subprocess.run([sys.argv[1], run, "html"], check=True, capture_output=True).stdout
             for run in ("busy", "hostile")}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = [p for run, page in pages.items() for p in problems_of(folder, page, run)]
        found += policy_problem(folder, pages["busy"])
    print("\n".join(found) or "the page opens without an error and refuses foreign scripts")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
