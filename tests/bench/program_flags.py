"""Turns the probes of a running tool off and on while they stay attached."""
import ctypes
import fcntl
import json
import mmap
import os
import pathlib
import re
import subprocess

# variable: its values when the programs work, and when they return at once
VARIABLES = {"is_over": (0, 1), "is_recording": (1, 0)}


def bpftool(*arguments):
    return subprocess.run(["bpftool", *arguments], check=True, capture_output=True,
                          text=True).stdout


def offsets_in_bss(btf_id):
    """Variable -> offset, of the .bss section that a BTF object describes."""
    text = bpftool("btf", "dump", "id", str(btf_id))
    section = re.search(r"DATASEC '\.bss'.*\n((?:\t.*\n?)*)", text)
    if not section:
        return {}
    rows = re.findall(r"offset=(\d+) size=\d+ \(VAR '(\w+)'\)", section.group(1))
    return {name: int(offset) for offset, name in rows}


def map_ids(pid):
    """The BPF maps that a process has open."""
    found = set()
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            found.update(map(int, re.findall(r"^map_id:\s*(\d+)", path.read_text(), re.M)))
        except FileNotFoundError:  # closed meanwhile
            pass
    return found


class ProgramFlags:
    """The switches of all programs that one process has loaded."""

    def __init__(self, pid):
        self.libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
        self.switches = []  # (memory, offset, on, off)
        owned = map_ids(pid)
        for entry in json.loads(bpftool("-j", "map", "list")):
            if entry["id"] in owned and entry.get("name", "").endswith(".bss"):
                self.add(entry)
        assert self.switches, f"process {pid} has no programs that can be switched"

    def add(self, entry):
        descriptor = self.libbpf.bpf_map_get_fd_by_id(entry["id"])
        assert descriptor >= 0, entry
        memory = mmap.mmap(descriptor, entry["bytes_value"])
        os.close(descriptor)
        for name, offset in offsets_in_bss(entry["btf_id"]).items():
            if name in VARIABLES:
                self.switches.append((memory, offset, *VARIABLES[name]))

    def turn(self, is_on):
        for memory, offset, on, off in self.switches:
            memory[offset:offset + 4] = (on if is_on else off).to_bytes(4, "little")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.turn(True)


class MapSwitch:
    """A bpftrace script that asks `@on` first."""

    def __init__(self, pid, name="AT_on"):
        self.libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
        found = [entry for entry in json.loads(bpftool("-j", "map", "list"))
                 if entry["id"] in map_ids(pid) and entry.get("name") == name]
        assert found, f"process {pid} has no map {name}"
        self.descriptor = self.libbpf.bpf_map_get_fd_by_id(found[0]["id"])
        self.key = ctypes.create_string_buffer(found[0]["bytes_key"])

    def turn(self, is_on):
        value = ctypes.c_uint64(is_on)
        error = self.libbpf.bpf_map_update_elem(
            self.descriptor, self.key, ctypes.byref(value), ctypes.c_uint64(0))
        assert error == 0, error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.turn(True)
        os.close(self.descriptor)


SYS_PIDFD_GETFD = 438
PERF_EVENT_IOC_ENABLE = 0x2400
PERF_EVENT_IOC_DISABLE = 0x2401


class PerfEvents:
    """The events that a perf command has open."""

    def __init__(self, pid):
        libc = ctypes.CDLL(None, use_errno=True)
        pidfd = os.pidfd_open(pid)
        self.events = []
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            if "perf_event" in os.readlink(entry):
                self.events.append(libc.syscall(SYS_PIDFD_GETFD, pidfd, int(entry.name), 0))
        os.close(pidfd)
        assert self.events and min(self.events) >= 0, self.events

    def turn(self, is_on):
        for event in self.events:
            fcntl.ioctl(event, PERF_EVENT_IOC_ENABLE if is_on else PERF_EVENT_IOC_DISABLE, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.turn(True)
        for event in self.events:
            os.close(event)
