"""Makes up a run on the hardware of some vendor, and says what it consists of."""
import random

import perf_data
from perf_data import Event, PerfFile

CODE, HEAP, SHARED = 0x401000, 0x7f0000000000, 0x7f5500000000
KERNEL_DATA, KERNEL_CODE = 0xffff888000100000, 0xffffffff81000100
USUAL = (perf_data.IP | perf_data.TID | perf_data.TIME | perf_data.ADDR | perf_data.ID |
         perf_data.CPU | perf_data.PERIOD | perf_data.DATA_SRC)
OPTIONAL = (perf_data.READ, perf_data.CALLCHAIN, perf_data.STREAM_ID, perf_data.RAW,
            perf_data.BRANCHES, perf_data.REGS_USER, perf_data.STACK_USER, perf_data.IDENTIFIER,
            perf_data.TRANSACTION, perf_data.REGS_INTR, perf_data.PHYS_ADDR, perf_data.CGROUP,
            perf_data.DATA_PAGE, perf_data.CODE_PAGE)

# perf_mem_data_src: operation, level, snoop, lock, TLB, level number, remote, extended snoop, hops.
LOAD, STORE, NONE = 2, 4, 1
NA, HIT, MISS, L1, LFB, L2, L3, RAM, FAR_RAM, FAR1, FAR2, IO, UNCACHED = (1 << n for n in (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13))
SNOOP_NONE, SNOOP_HIT, SNOOP_MISS, HITM = 2, 4, 8, 16
PEER = 2


def data_src(operation, level, snoop=1, lock=1, number=0, remote=0, extended=0, hops=0):
    return (operation | level << 5 | snoop << 19 | lock << 24 | 10 << 26 | number << 33 |
            remote << 37 | extended << 38 | hops << 43)


def intel_load(dice):
    level, snoop = dice.choice([(HIT | L1, SNOOP_NONE), (HIT | LFB, SNOOP_NONE), (HIT | L2, 1),
                                (HIT | L3, HITM), (HIT | L3, HITM), (HIT | L3, SNOOP_HIT),
                                (HIT | FAR1, HITM), (HIT | FAR1, SNOOP_HIT), (HIT | RAM, SNOOP_MISS),
                                (HIT | FAR_RAM, SNOOP_HIT), (MISS | L3, 1), (HIT | UNCACHED, 1),
                                (HIT | IO, 1)])
    return data_src(LOAD, level, snoop, dice.choice([1, 1, 2]))


def intel_store(dice):
    return data_src(STORE, dice.choice([HIT | L1, MISS | L1, HIT | UNCACHED]), 1,
                    dice.choice([1, 2]))


def skylake_load(dice):
    """Level numbers with a remote bit instead of the old levels."""
    return data_src(LOAD, dice.choice([HIT, HIT | L3, HIT | FAR1]),
                    dice.choice([HITM, SNOOP_HIT, 1]), 1, 3, dice.choice([0, 1]))


def amd_op(dice):
    if dice.random() < 0.4:
        return data_src(STORE, dice.choice([HIT | L1, MISS | L1, NA]))
    return data_src(dice.choice([LOAD, LOAD, LOAD | STORE]),
                    dice.choice([HIT | L1, HIT | L2, HIT | L3, HIT | FAR1, HIT | FAR2, HIT | RAM]),
                    dice.choice([1, HITM, SNOOP_NONE]), dice.choice([1, 2]))


def arm_op(dice):
    if dice.random() < 0.4:
        return data_src(STORE, dice.choice([HIT | L1, MISS | L1, NA]))
    return data_src(LOAD, dice.choice([HIT | L1, HIT | L2, HIT | L3, HIT | FAR1, HIT | RAM]),
                    dice.choice([1, SNOOP_NONE]), 1, 0, dice.choice([0, 1]),
                    dice.choice([0, PEER, PEER]), dice.choice([0, 0, 1]))


def anything(dice):
    """Any mixture of bits that the kernel could ever write, sense or not."""
    level = 0
    for bit in (NA, HIT, MISS, L1, LFB, L2, L3, RAM, FAR_RAM, FAR1, FAR2, IO, UNCACHED):
        level |= bit if dice.random() < 0.25 else 0
    return data_src(dice.choice([LOAD, LOAD, STORE, STORE, LOAD | STORE, NONE]), level,
                    dice.choice([1, SNOOP_NONE, SNOOP_HIT, SNOOP_MISS, HITM, HITM]),
                    dice.choice([1, 2]), dice.choice([0, 1, 3]), dice.choice([0, 1]),
                    dice.choice([0, PEER]), dice.choice([0, 1]))


# Name, type and config of each event, and what its samples say.
VENDORS = {
    "intel": [("cpu/mem-loads,ldlat=30/P", 4, 0x1cd, intel_load),
              ("cpu/mem-stores/P", 4, 0x82d0, intel_store)],
    "intel-aux": [("cpu/mem-loads-aux/", 4, 0x8203, None),
                  ("cpu/mem-loads,ldlat=30/", 4, 0x1cd, intel_load),
                  ("cpu/mem-stores/P", 4, 0x2cd, intel_store)],
    "skylake": [("cpu/mem-loads,ldlat=30/P", 4, 0x1cd, skylake_load),
                ("cpu/mem-stores/P", 4, 0x82d0, intel_store)],
    "amd": [("ibs_op//", 11, 0, amd_op)],
    "arm": [("memory", 4, 1 << 40, arm_op)],
    "any": [("cpu/mem-loads,ldlat=30/P", 4, 0x1cd, anything),
            ("cpu/mem-stores/P", 4, 0x82d0, anything)],
}


class Run:
    """A run by its seed; `file` has its records, `labels` the line of each address."""

    def __init__(self, seed, executable="/bin/true", samples=None):
        self.dice = random.Random(seed)
        self.executable, self.labels = executable, {}
        self.samples = samples
        self.vendor = self.dice.choice(sorted(VENDORS))
        self.cpus = self.dice.choice([1, 2, 4])
        self.file = PerfFile(self._events(), self.cpus)
        self.time = 1000
        self._start_processes()
        self._sample()

    def _events(self):
        kind = USUAL | self.dice.choice([perf_data.WEIGHT, perf_data.WEIGHT_STRUCT])
        for bit in OPTIONAL:
            kind |= bit if self.dice.random() < 0.3 else 0
        events = []
        for place, (name, number, config, _) in enumerate(VENDORS[self.vendor]):
            ids = [100 * (place + 1) + cpu for cpu in range(self.cpus)]
            events.append(Event(name, number, config, kind, ids, place == 0))
        return events

    def _tick(self):
        self.time += self.dice.randrange(1, 1000)
        return self.time

    def _start_processes(self):
        self.threads = []
        self.pids = [1000 + 10 * n for n in range(self.dice.choice([1, 1, 2, 3]))]
        for pid in self.pids:
            self.file.comm(pid, pid, f"service{pid}", 0 if self.dice.random() < 0.5 else self._tick())
            self.file.mmap2(pid, CODE, 0x2000, 0x1000, self.executable, self._tick(), 4242, 5, 2,
                            perf_data.USER)
            self.file.mmap2(pid, HEAP, 0x100000, 0, "//anon", self._tick())
            # The same object at another place of each process, and not from its start everywhere.
            self._map_shared(pid)
            for tid in range(pid, pid + self.dice.randrange(1, 5)):
                if tid != pid:
                    self.file.fork(pid, pid, tid, pid, self._tick())
                self.threads.append((pid, tid))
        if len(self.threads) == 1:
            self.threads.append((self.pids[0], self.pids[0] + 1))

    def _map_shared(self, pid):
        self.shared = getattr(self, "shared", {})
        start, offset = SHARED + (pid - 1000) * 0x1000000, self.dice.choice([0, 0x1000, 0x2000])
        self.shared[pid] = (start, offset)
        self.file.mmap2(pid, start, 0x8000, offset, "/dev/shm/queue", self._tick(), 77, 3, 1)

    def _lines(self):
        """(kind, place) of the lines that are touched; few, so that perf hides none."""
        lines = [("heap", 64 * self.dice.randrange(0x4000)) for _ in range(self.dice.randrange(1, 6))]
        lines += [("shared", 0x4000 + 64 * self.dice.randrange(0x40)) for _ in range(3)]
        if self.dice.random() < 0.3:
            lines.append(("kernel", 64 * self.dice.randrange(0x40)))
        return lines

    def _address(self, line, pid):
        kind, place = line
        if kind == "heap":
            address = HEAP + place
        elif kind == "shared":
            start, offset = self.shared[pid]
            address = start + place - offset
        else:
            address = KERNEL_DATA + place
        self.labels[address] = line
        return address

    def _sample(self):
        lines = self._lines()
        pending = []
        for _ in range(self.samples or self.dice.randrange(100, 700)):
            pending.append(self._one_sample(self.dice.choice(lines)))
            if len(pending) > 60:
                self._write_round(pending)
                pending = []
        self._write_round(pending)
        self.file.lost_samples(self.dice.randrange(5), self._tick())

    def _one_sample(self, line):
        pid, tid = self.dice.choice(self.threads)
        is_kernel = line[0] == "kernel"
        event = self.dice.randrange(len(self.file.events))
        make = VENDORS[self.vendor][event][3]
        sample = {"ip": KERNEL_CODE if is_kernel else CODE + 16 * self.dice.randrange(16),
                  "pid": pid, "tid": tid, "time": self._tick(), "cpu": self.dice.randrange(self.cpus),
                  "address": self._address(line, pid) + self.dice.choice([0, 0, 8, 16, 60]),
                  "weight": self.dice.randrange(1, 3000), "calls": [CODE + 0x200, CODE + 0x300],
                  "data_src": make(self.dice) if make else 0}
        if make is None:
            sample["address"] = 0
        return event, sample, perf_data.KERNEL if is_kernel else perf_data.USER

    def _write_round(self, samples):
        """Buffers of CPUs are read one after the other: only times tell the order."""
        for event, sample, mode in sorted(samples, key=lambda one: one[1]["cpu"]):
            self.file.sample(event, sample, mode)
        self.file.finished_round()
