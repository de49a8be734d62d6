#!/usr/bin/env python3
"""Does attaching to a real service under load leave it well, and yield whole stacks?

attach_service.py QUARREL (memcached | mariadb)
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ATTACH_SECONDS = 5
MAX_MEMORY_MB = 150
LOAD_SECONDS = ATTACH_SECONDS + 3


def skip_unless_possible(programs):
    missing = [program for program in programs if not shutil.which(program)]
    if os.geteuid() != 0 or missing:
        print(f"skipped: needs root and {', '.join(programs)} (missing: {missing}); run ./test")
        sys.exit(77)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, what):
    for _ in range(150):
        if ready():
            return
        time.sleep(0.1)
    sys.exit(f"{what} did not come up in 15 s")


def succeeds(*command):
    return subprocess.run(command, capture_output=True).returncode == 0


class Service:
    """A server that this test started, and the load that it puts on it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


class Memcached(Service):
    programs = ["memcached", "memcslap"]

    def start(self):
        self.process = subprocess.Popen(
            ["memcached", "-u", "nobody", "-t", "4", "-p", str(self.port), "-l", "127.0.0.1"])
        wait_until(self.answers, "memcached")

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"version\r\n")
                return connection.recv(64).startswith(b"VERSION")
        except OSError:
            return False

    def load(self):
        # Bounded in count; it is ended earlier when the recording is over.
        return subprocess.Popen(
            ["memcslap", f"--servers=127.0.0.1:{self.port}", "--concurrency=8",
             "--execute-number=100000", "--test=set"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Mariadb(Service):
    programs = ["mariadbd", "mariadb-install-db", "sysbench"]

    def start(self):
        data = self.folder / "data"
        self.socket = self.folder / "s.sock"
        shutil.chown(self.folder, "mysql")
        subprocess.run(["mariadb-install-db", "--user=mysql", f"--datadir={data}"],
                       check=True, capture_output=True)
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
             f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "mariadbd")
        self.client("create database sbtest")
        subprocess.run(self.sysbench("prepare"), check=True, capture_output=True)

    def client(self, query):
        subprocess.run(["mariadb", f"--socket={self.socket}", "-u", "root", "-e", query],
                       check=True, capture_output=True)

    def answers(self):
        return succeeds("mariadb-admin", f"--socket={self.socket}", "-u", "root", "ping")

    def sysbench(self, verb):
        return ["sysbench", "oltp_read_write", "--db-driver=mysql",
                f"--mysql-socket={self.socket}", "--mysql-user=root", "--tables=2",
                "--table-size=10000", "--threads=8", f"--time={LOAD_SECONDS}", verb]

    def load(self):
        return subprocess.Popen(self.sysbench("run"), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)


def attach(quarrel, pid, folder):
    html = folder / "report.html"
    with open(folder / "report.json", "w+b") as output, open(folder / "errors", "w+b") as errors:
        process = subprocess.Popen(
            [quarrel, "attach", str(pid), "-d", f"{ATTACH_SECONDS}s", "--json", "--html", html,
             "-o", folder / "run.quarrel"], stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"quarrel attach: {status}:\n{(folder / 'errors').read_text()}"
    assert html.stat().st_mode & 0o777 == 0o600
    peak_mb = usage.ru_maxrss / 1024
    print(f"peak memory {peak_mb:.0f} MB")
    # A sanitizer takes several times as much for itself.
    assert peak_mb <= MAX_MEMORY_MB or os.environ.get("QUARREL_SANITIZE")
    return json.loads((folder / "report.json").read_text())


def check_report(report):
    rows = {row["collector"]: row for row in report["coverage"]}
    for row in rows.values():
        lost = row["lost"] if isinstance(row["lost"], int) else sum(row["lost"].values())
        assert row["seen"] == row["attributed"] + row["unresolved"] + lost, row
    assert rows["lock_waits"]["state"] == "on", rows["lock_waits"]
    assert rows["line_samples"]["seen"] > 50, rows["line_samples"]
    stacks = rows["wait_stacks"]
    print(f"waits {rows['lock_waits']['seen']}, stacks {stacks['attributed']} complete of "
          f"{stacks['seen']}, findings {len(report['findings'])}")
    assert stacks["seen"] > 0, stacks
    # Through Debian's libc, without frame pointers, up to the start of the thread.
    assert stacks["attributed"] >= 0.95 * stacks["seen"], stacks


def main():
    quarrel, name = sys.argv[1:]
    kind = {"memcached": Memcached, "mariadb": Mariadb}[name]
    skip_unless_possible(kind.programs)
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folder.chmod(0o755)
        service = kind(folder)
        service.start()
        load = service.load()
        try:
            report = attach(quarrel, service.process.pid, folder)
            assert service.process.poll() is None, "the service died"
            assert service.answers(), "the service no longer answers"
        finally:
            load.kill()
            load.wait()
            status = service.stop()
        assert status in (0, -15), f"the service ended with status {status}"
        check_report(report)


if __name__ == "__main__":
    main()
