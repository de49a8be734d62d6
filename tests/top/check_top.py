#!/usr/bin/env python3
"""Does quarrel top show a hot lock: as lines in a pipe, and on a terminal that obeys its keys?

check_top.py QUARREL RATE_LIMITER"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

PATIENCE_S = 90  # several tests may share the CPUs
LOCK = "RateLimiter::mu_"


class Terminal:
    """A program on a pseudo terminal, and all that it has written so far."""

    def __init__(self, command):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", LINES="24", COLUMNS="100")
            os.execv(command[0], command)

    def read_some(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return
        try:
            self.text += os.read(self.fd, 65536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            time.sleep(0.05)

    def wait_for(self, pattern):
        """Until the pattern comes, in what is written after this call."""
        start = len(self.text)
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.text[start:]):
            assert time.monotonic() < end, f"no {pattern!r} in {self.text[start:]!r}"
            self.read_some(0.2)

    def press(self, key):
        os.write(self.fd, key.encode())

    def exit_code(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.read_some(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("did not end")


def check_log(quarrel, pid):
    done = subprocess.run([quarrel, "top", "-p", pid, "-d", "5s", "-i", "1s", "-n", "3"], text=True,
                          capture_output=True, timeout=PATIENCE_S * 2, check=False)
    assert done.returncode == 0, done
    assert "\x1b" not in done.stdout, "escape sequences without a terminal"
    lines = done.stdout.splitlines()
    assert any(re.match(rf"lock +[\d.]+ +[\d.]+  {LOCK} +mutex, [\d.,]+ waits/s, p99", line)
               for line in lines), done.stdout
    assert any(re.match(r"thread +[\d.]+ +[\d.]+  client-\d \(\d+\)", line) for line in lines)
    assert all(len(line) <= 100 for line in lines), done.stdout


def check_terminal(quarrel, pid):
    terminal = Terminal([quarrel, "top", "-p", pid, "-i", "1s"])
    terminal.wait_for(LOCK)
    terminal.press("3")
    terminal.wait_for(r"client-\d")
    terminal.press("\t")
    terminal.wait_for(LOCK)
    terminal.press(" ")
    terminal.wait_for("paused")
    terminal.press("q")
    assert terminal.exit_code() == 0, terminal.text[-500:]
    assert terminal.text.rstrip().endswith(("\x1b[?1l\x1b>", "\x1b[?1049l\x1b[23;0;0t\r\x1b[?1l\x1b>")), \
        f"the terminal was not given back: {terminal.text[-80:]!r}"


def check_interrupt(quarrel, pid):
    terminal = Terminal([quarrel, "top", "-p", pid, "-i", "1s"])
    terminal.wait_for(LOCK)
    os.kill(terminal.pid, signal.SIGINT)
    assert terminal.exit_code() == 128 + signal.SIGINT


def check_errors(quarrel):
    done = subprocess.run([quarrel, "top", "-p", "999999999"], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    assert done.returncode == 2 and done.stderr.startswith("quarrel top: "), done


def main():
    quarrel, sample = sys.argv[1:]
    if os.geteuid() != 0:
        print("skipped: only root may attach; run as root to enable this test")
        return 77
    with subprocess.Popen([sample, "600"], stdout=subprocess.DEVNULL) as target:
        try:
            check_log(quarrel, str(target.pid))
            check_terminal(quarrel, str(target.pid))
            check_interrupt(quarrel, str(target.pid))
        finally:
            target.kill()
    check_errors(quarrel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
