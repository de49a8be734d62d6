#!/usr/bin/env python3
"""How much does attaching slow a real service down? No test: prints a ratio with its interval.

attach_overhead.py QUARREL (memcached | mariadb) [ROUNDS]. Windows with and without quarrel
alternate in random order in one run, and the service's own counter of requests is the measure.
"""
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "services"))
import attach_service  # noqa: E402
from attach_service import Mariadb, Memcached, skip_unless_possible  # noqa: E402

attach_service.LOAD_SECONDS = 120  # longer than any pair of windows

WINDOW_SECONDS = 2.0
SETTLE_SECONDS = 0.5


def memcached_requests(service):
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(b"stats\r\n")
        text = b""
        while not text.endswith(b"END\r\n"):
            text += connection.recv(65536)
    fields = dict(line.split()[1:3] for line in text.decode().splitlines() if " " in line)
    return int(fields["cmd_get"]) + int(fields["cmd_set"])


def mariadb_requests(service):
    text = subprocess.run(
        ["mariadb", f"--socket={service.socket}", "-u", "root", "-N", "-e",
         "show global status like 'Questions'"], check=True, capture_output=True, text=True).stdout
    return int(text.split()[1])


def rate(requests, service):
    start, begin = requests(service), time.monotonic()
    time.sleep(WINDOW_SECONDS)
    return (requests(service) - start) / (time.monotonic() - begin)


class Load:
    """Keeps the service under load by starting the bounded load again whenever it ends."""

    def __init__(self, service):
        self.service = service
        self.process = service.load()

    def has_ended(self):
        return self.process.poll() is not None

    def keep_up(self):
        if self.has_ended():
            self.process = self.service.load()

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(quarrel, service, requests, is_attached, folder):
    recorder = None
    if is_attached:
        recorder = subprocess.Popen(
            [quarrel, "record", "-p", str(service.process.pid), "--force",
             "-o", folder / "run.quarrel"], stderr=subprocess.PIPE, text=True)
        # Loading the programs takes CPU time once; the window begins behind it.
        assert recorder.stderr.readline().startswith("Attached"), recorder.stderr.read()
    time.sleep(SETTLE_SECONDS)
    result = rate(requests, service)
    if recorder:
        recorder.terminate()
        recorder.communicate()
    return result


def interval(ratios, rounds=4000):
    medians = sorted(statistics.median(random.choices(ratios, k=len(ratios)))
                     for _ in range(rounds))
    return medians[int(0.025 * rounds)], medians[int(0.975 * rounds)]


def main():
    quarrel, name = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    kind, requests = {"memcached": (Memcached, memcached_requests),
                      "mariadb": (Mariadb, mariadb_requests)}[name]
    skip_unless_possible(kind.programs)
    ratios = []
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folder.chmod(0o755)
        service = kind(folder)
        service.start()
        load = Load(service)
        try:
            for _ in range(3 * rounds):
                if len(ratios) == rounds:
                    break
                load.keep_up()
                rates = {}
                for is_attached in random.sample([True, False], 2):
                    rates[is_attached] = measure(quarrel, service, requests, is_attached, folder)
                if load.has_ended():  # in the middle of a window, which then counts too little
                    continue
                ratios.append(rates[True] / rates[False])
        finally:
            load.stop()
            service.stop()
    low, high = interval(ratios)
    print(f"{name}: requests/s attached / alone: median {statistics.median(ratios):.3f}, "
          f"95 % interval {low:.3f} to {high:.3f}, {len(ratios)} pairs of windows")


if __name__ == "__main__":
    main()
