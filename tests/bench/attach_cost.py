#!/usr/bin/env python3
"""What does attaching cost the target, beside other tools? No test: prints a table.

attach_cost.py QUARREL LOCK_LOAD [--loads ...] [--tools ...] [--rounds N]

Shown are ratios of the load's speed with the tool and without, as the median over the rounds with its
95 % interval:
  10 ms  windows in random order in which the probes of the attached tool are turned on or off: what
         they do, without the price of being there (a call of each tracepoint) and of the tool's own
         process. The only measure that is steady where threads fight for one mutex.
  1 s    windows with the tool attached and without, in random order: all that it costs.
own CPU is the time that the tool's process took meanwhile, in seconds per second.
"""
import argparse
import mmap
import os
import pathlib
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "services"))
import attach_service  # noqa: E402
from attach_service import Mariadb, Memcached  # noqa: E402
from program_flags import MapSwitch, PerfEvents, ProgramFlags  # noqa: E402

WINDOW_SECONDS = 1.0
SETTLE_SECONDS = 0.5
SHORT_WINDOW_SECONDS = 0.01
SHORT_WINDOWS = 100  # in a round
CACHE_LINE = 64
ATTACH_TIMEOUT_SECONDS = 60

BPFTRACE_PROGRAM = """
BEGIN {{ @on = 1; }}
tracepoint:syscalls:sys_enter_futex /pid == {pid} && @on/ {{ @start[tid] = nsecs; }}
tracepoint:syscalls:sys_exit_futex /pid == {pid} && @on && @start[tid]/ {{
  @waited[ustack] = sum(nsecs - @start[tid]); delete(@start[tid]);
}}
"""


# In a mount namespace of its own, so that what the other tools need is not left behind.
WITH_TRACEFS = ["unshare", "-m", "sh", "-c",
                'mount -t debugfs d /sys/kernel/debug; mount -t tracefs t /sys/kernel/tracing; '
                'exec "$0" "$@"']


class LockLoad:
    """One of the loads of lock_load."""

    def __init__(self, program, name, folder):
        self.command = [program, folder / "counters", name]
        self.counters = folder / "counters"

    def start(self, wrapper=()):
        self.process = subprocess.Popen([*wrapper, *self.command], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        with open(self.counters, "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def steps(self):
        return sum(struct.unpack_from("<Q", self.memory, offset)[0]
                   for offset in range(0, len(self.memory), CACHE_LINE))

    def keep_up(self):
        pass

    def has_ended(self):
        return False

    def stop(self):
        self.process.kill()
        self.process.wait()


class TcpMariadb(Mariadb):
    """sysbench comes over the loopback, whose packets are a measure that costs nothing to read."""

    def client(self, query):
        super().client(f"create user if not exists 'sb'@'localhost'; grant all on *.* to 'sb'@'localhost'; {query}")

    def sysbench(self, verb):
        words = [word for word in super().sysbench(verb)
                 if not word.startswith(("--mysql-socket", "--mysql-user"))]
        return [*words[:-1], "--mysql-host=127.0.0.1", f"--mysql-port={self.port}",
                "--mysql-user=sb", words[-1]]


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


class ServiceLoad:
    """A Debian service, and the client that keeps it busy."""

    def __init__(self, kind, folder):
        self.service = kind(folder)
        self.packets = pathlib.Path("/sys/class/net/lo/statistics/rx_packets")

    def start(self):
        self.service.start()
        self.process = self.service.process
        self.load = Load(self.service)
        time.sleep(1)

    def steps(self):
        return int(self.packets.read_text())

    def keep_up(self):
        self.load.keep_up()

    def has_ended(self):
        return self.load.has_ended()

    def stop(self):
        self.load.stop()
        self.service.stop()


def cpu_seconds(process):
    """User and system time of a process that may be gone, all threads."""
    try:
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_line(stream, start):
    for line in stream:
        if line.startswith(start):
            return
    sys.exit(f"the tool ended before it said {start!r}")


class Tool:
    """One way to attach; start() returns when it is attached."""

    def __init__(self, *options):
        self.options = options

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


class Quarrel(Tool):
    quarrel = "quarrel"

    def start(self, pid, folder):
        self.process = subprocess.Popen(
            [self.quarrel, "record", "-p", str(pid), "--force", "-o", folder / "run.quarrel",
             *self.options], stderr=subprocess.PIPE, text=True)
        wait_for_line(self.process.stderr, "Attached")

    def switch(self):
        return ProgramFlags(self.process.pid)


class Bpftrace(Tool):
    def start(self, pid, folder):
        output = open(folder / "bpftrace.txt", "w+")
        self.process = subprocess.Popen(
            [*WITH_TRACEFS, "bpftrace", "-e", BPFTRACE_PROGRAM.format(pid=pid)], stdout=output,
            stderr=subprocess.DEVNULL, env={**os.environ, "BPFTRACE_MAP_KEYS_MAX": "65536"})
        deadline = time.monotonic() + ATTACH_TIMEOUT_SECONDS
        while "Attaching" not in (folder / "bpftrace.txt").read_text():
            assert time.monotonic() < deadline, "bpftrace does not attach"
            time.sleep(0.05)
        time.sleep(1)  # it says so before it does

    def switch(self):
        return MapSwitch(self.process.pid)


class Perf(Tool):
    """perf says nothing when it is ready: its events are open when its ring buffers are mapped."""

    def start(self, pid, folder):
        command = [word.format(pid=pid, folder=folder) for word in self.options]
        self.process = subprocess.Popen([*WITH_TRACEFS, *command], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + ATTACH_TIMEOUT_SECONDS
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps")
        while "[perf_event]" not in maps.read_text():
            assert time.monotonic() < deadline, "perf does not attach"
            time.sleep(0.05)
        time.sleep(0.2)

    def switch(self):
        return PerfEvents(self.process.pid)


TOOLS = {
    "quarrel": lambda: Quarrel(),
    "quarrel exact": lambda: Quarrel("--wait-stacks", "exact"),
    "quarrel unwound": lambda: Quarrel("--wait-stacks", "unwound"),
    "quarrel locks": lambda: Quarrel("--collectors", "lock_waits"),
    "quarrel lines": lambda: Quarrel("--collectors", "line_samples"),
    "bpftrace": Bpftrace,
    "perf trace": lambda: Perf("perf", "trace", "-s", "-e", "futex", "-p", "{pid}"),
    "perf record": lambda: Perf(
        "perf", "record", "-q", "-e", "syscalls:sys_enter_futex,syscalls:sys_exit_futex",
        "--call-graph", "dwarf", "-p", "{pid}", "-o", "{folder}/perf.data"),
}
LOADS = ("uncontended", "handoff", "many", "memcached", "mariadb")


def make_load(name, lock_load, folder):
    if name == "memcached":
        return ServiceLoad(Memcached, folder)
    if name == "mariadb":
        return ServiceLoad(TcpMariadb, folder)
    return LockLoad(lock_load, name, folder)


def rate(load, seconds=WINDOW_SECONDS):
    start, begin = load.steps(), time.monotonic()
    time.sleep(seconds)
    return (load.steps() - start) / (time.monotonic() - begin)


def window_pair(load, tool, folder):
    """(steps/s attached / alone, CPU seconds of the tool per second)."""
    rates = {}
    own = 0.0
    for is_attached in random.sample([True, False], 2):
        if is_attached:
            tool.start(load.process.pid, folder)
        time.sleep(SETTLE_SECONDS)
        before = cpu_seconds(tool.process) if is_attached else 0
        rates[is_attached] = rate(load)
        if is_attached:
            own = (cpu_seconds(tool.process) - before) / WINDOW_SECONDS
            tool.stop()
    return rates[True] / rates[False], own


def interval(ratios, rounds=4000):
    medians = sorted(statistics.median(random.choices(ratios, k=len(ratios)))
                     for _ in range(rounds))
    return medians[int(0.025 * rounds)], medians[int(0.975 * rounds)]


def describe(ratios):
    low, high = interval(ratios)
    return f"{statistics.median(ratios):6.3f}  {low:6.3f} to {high:6.3f}"


def measure_attached(load, name, folder, rounds):
    ratios, own = [], []
    load.start()
    try:
        for _ in range(3 * rounds):
            if len(ratios) == rounds:
                break
            load.keep_up()
            ratio, cpu = window_pair(load, TOOLS[name](), folder)
            if load.has_ended():  # in the middle of a window, which then counts too little
                continue
            ratios.append(ratio)
            own.append(cpu)
    finally:
        load.stop()
    return f"{describe(ratios)}  {statistics.median(own):5.2f}"


def switch_ratio(load, switch):
    """Mean rate of the windows with the probes on, by that of those with them off."""
    rates = {True: [], False: []}
    for _ in range(SHORT_WINDOWS // 2):
        for is_on in random.sample([True, False], 2):
            switch.turn(is_on)
            rates[is_on].append(rate(load, SHORT_WINDOW_SECONDS))
    return statistics.mean(rates[True]) / statistics.mean(rates[False])


def switched_round(load, name, folder):
    tool = TOOLS[name]()
    tool.start(load.process.pid, folder)
    try:
        with tool.switch() as switch:
            return switch_ratio(load, switch)
    finally:
        tool.stop()


def measure_switched(load, name, folder, rounds):
    """lock_load starts again for each round: how its threads fall into step differs."""
    ratios = []
    is_service = isinstance(load, ServiceLoad)
    load.start()
    try:
        for number in range(rounds):
            if not is_service and number > 0:
                load.stop()
                load.start()
            load.keep_up()
            ratios.append(switched_round(load, name, folder))
    finally:
        load.stop()
    return describe(ratios)


def measure_drd(load, rounds):
    """DRD cannot attach: a process of its own each time."""
    ratios = []
    for _ in range(rounds):
        rates = {}
        for wrapper in random.sample([(), ("valgrind", "-q", "--tool=drd", "--log-file=/dev/null",
                                           "--fair-sched=yes")], 2):
            load.start(wrapper)
            time.sleep(SETTLE_SECONDS)
            rates[bool(wrapper)] = rate(load)
            load.stop()
        ratios.append(rates[True] / rates[False])
    return f"{'-':>24}  {describe(ratios)}      -"


def run(arguments, load_name, tool_name):
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folder.chmod(0o755)
        load = make_load(load_name, arguments.lock_load, folder)
        if tool_name == "drd":
            return measure_drd(load, 3) if isinstance(load, LockLoad) else "not tried"
        short = measure_switched(load, tool_name, folder, arguments.rounds)
    if arguments.short_only:
        return short
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folder.chmod(0o755)
        load = make_load(load_name, arguments.lock_load, folder)
        return f"{short}  {measure_attached(load, tool_name, folder, arguments.rounds)}"


def main():
    every_tool = [*TOOLS, "drd"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("quarrel")
    parser.add_argument("lock_load")
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=LOADS)
    parser.add_argument("--tools", nargs="+", choices=every_tool, default=every_tool)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--short-only", action="store_true", help="only windows of 10 ms")
    arguments = parser.parse_args()
    Quarrel.quarrel = arguments.quarrel
    attach_service.LOAD_SECONDS = 120  # longer than any pair of windows
    # The clock of the windows must not wait for the load; what is started here is not to have this.
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    missing = [name for name in ("bpftrace", "perf", "valgrind") if not shutil.which(name)]
    if missing:
        sys.exit(f"needs {', '.join(missing)}: apt install bpftrace linux-perf valgrind")
    print(f"{'load':<12} {'tool':<16} 10 ms    95 % interval    1 s    95 % interval  own CPU")
    for load_name in arguments.loads:
        for tool_name in arguments.tools:
            print(f"{load_name:<12} {tool_name:<16}{run(arguments, load_name, tool_name)}",
                  flush=True)


if __name__ == "__main__":
    main()
