#!/usr/bin/env python3
"""Does quarrel refuse at once what it could only refuse after a long recording, and say why?

check_messages.py QUARREL"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

QUARREL = None
ERROR = 2


class Messages(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = subprocess.Popen(["sleep", "300"])
        self.addCleanup(self.target.wait)
        self.addCleanup(self.target.kill)

    def refused(self, *arguments):
        """What it says. A recording of this length would run into the timeout."""
        before = sorted(os.listdir(self.folder))
        done = subprocess.run([QUARREL, *map(str, arguments)], cwd=self.folder, timeout=60, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, ERROR, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return done.stderr

    def attach(self, *arguments):
        return self.refused("attach", self.target.pid, "-d", "10m", *arguments)

    def test_a_page_that_exists_already(self):
        page = self.folder / "page.html"
        page.write_text("mine")
        self.assertIn("page.html exists; use --force to replace it",
                      self.attach("--html", "page.html"))
        self.assertEqual(page.read_text(), "mine")

    def test_a_page_in_a_folder_that_does_not_exist(self):
        self.assertIn("cannot create nowhere/page.html: folder nowhere/: No such file",
                      self.attach("--html", "nowhere/page.html"))

    def test_a_page_that_is_a_folder(self):
        (self.folder / "pages").mkdir()
        self.assertIn("pages is a folder", self.attach("--html", "pages", "--force"))

    def test_a_level_that_is_none(self):
        self.assertIn("--fail-on takes note, warning or error, not 'high'",
                      self.attach("--fail-on", "high"))

    def test_facts_that_are_none(self):
        (self.folder / "facts").write_text("text")
        self.assertIn("facts", self.attach("--facts", "facts"))
        self.assertIn("missing", self.attach("--facts", "missing"))

    def test_a_recording_that_exists_already(self):
        (self.folder / "run.quarrel").touch()
        self.assertIn("run.quarrel: it exists; choose another name, or use --force",
                      self.refused("record", "-p", self.target.pid, "-o", "run.quarrel"))

    def test_a_command_that_does_not_exist(self):
        self.assertIn("cannot execute no-such-program: no folder of PATH",
                      self.refused("record", "-o", "run.quarrel", "--", "no-such-program"))
        self.assertIn("cannot execute ./no-such-program: No such file",
                      self.refused("record", "-o", "run.quarrel", "--", "./no-such-program"))

    def test_a_command_that_may_not_be_executed(self):
        (self.folder / "text").write_text("text")
        self.assertIn("cannot execute ./text: Permission denied",
                      self.refused("record", "-o", "run.quarrel", "--", "./text"))

    def test_a_recording_by_who_may_not_record(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        self.folder.chmod(0o777)
        before = os.listdir(self.folder)
        try:
            done = subprocess.run([QUARREL, "record", "-o", "run.quarrel", "--", "sleep", "300"],
                                  cwd=self.folder, timeout=60, text=True, capture_output=True,
                                  user=65534)
        except PermissionError:
            self.skipTest("nobody may not read the build folder")
        self.assertEqual(done.returncode, ERROR, done.stderr)
        self.assertIn("no collector could start", done.stderr)
        self.assertEqual(os.listdir(self.folder), before)

    def test_a_disk_that_is_full(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small disk")
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk])
        marker = self.folder / "ended"
        done = subprocess.run([QUARREL, "record", "-o", disk / "run.quarrel", "--", "sh", "-c",
                               f"sleep 3; touch {marker}"], timeout=100, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, ERROR, done.stderr)
        if "no collector could start" in done.stderr:
            self.skipTest("nothing can be recorded here; see quarrel doctor")
        self.assertIn("disk is full", done.stderr)
        self.assertEqual(marker.exists(), "Attached" in done.stderr, "the command goes on alone")
        self.assertEqual(os.listdir(disk), [])


if __name__ == "__main__":
    QUARREL = os.path.abspath(sys.argv.pop(1))
    unittest.main()
