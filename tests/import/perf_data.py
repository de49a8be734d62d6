"""Writes perf.data files: records, events and features as perf 5.4 to 6.x lay them out."""
import ctypes
import ctypes.util
import struct

# Bits of perf_event_attr.sample_type.
IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU, PERIOD, STREAM_ID = (1 << n for n in range(10))
RAW, BRANCHES, REGS_USER, STACK_USER, WEIGHT, DATA_SRC, IDENTIFIER = (1 << n for n in range(10, 17))
TRANSACTION, REGS_INTR, PHYS_ADDR, AUX, CGROUP, DATA_PAGE, CODE_PAGE, WEIGHT_STRUCT = (
    1 << n for n in range(17, 25))

KERNEL, USER = 1, 2
DATA_MAPPING = 1 << 13
EXEC = 1 << 13
COMPRESSED = 81
READ_FORMAT = 1 | 2 | 4  # time enabled, time running, id
REGISTERS = 0x183  # with ip and sp: perf unwinds where a stack was copied too


def padded(text):
    raw = text.encode() + b"\0"
    return raw + b"\0" * (-len(raw) % 8)


def counted(text):
    raw = text.encode() + b"\0"
    raw += b"\0" * (-len(raw) % 64)
    return struct.pack("<I", len(raw)) + raw


def record(kind, misc, body):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


class Event:
    """One perf_event_attr with its ids, one for each CPU."""

    def __init__(self, name, kind, config, sample_type, ids, is_first):
        self.name, self.sample_type, self.ids = name, sample_type, ids
        flags = 1 | 1 << 1 | 3 << 15 | 1 << 17 | 1 << 18  # precise, data mappings, trailers
        if is_first:
            flags |= 1 << 8 | 1 << 9 | 1 << 13 | 1 << 23  # mappings, names, threads
        self.attribute = struct.pack("<IIQQQQQIIQQQQIiQ", kind, 128, config, 1000, sample_type,
                                     READ_FORMAT, flags, 0, 0, 0, 0, 0, REGISTERS, 0, 0, REGISTERS)
        self.attribute += b"\0" * (128 - len(self.attribute))

    def trailer(self, pid, tid, time, cpu):
        kind, text = self.sample_type, b""
        if kind & TID:
            text += struct.pack("<II", pid, tid)
        if kind & TIME:
            text += struct.pack("<Q", time)
        if kind & ID:
            text += struct.pack("<Q", self.ids[cpu])
        if kind & STREAM_ID:
            text += struct.pack("<Q", self.ids[cpu])
        if kind & CPU:
            text += struct.pack("<II", cpu, 0)
        if kind & IDENTIFIER:
            text += struct.pack("<Q", self.ids[cpu])
        return text

    def sample(self, s):
        """`s`: a dict with ip, pid, tid, time, address, cpu, data_src, weight and calls."""
        kind, text = self.sample_type, b""
        word = lambda value: struct.pack("<Q", value & (1 << 64) - 1)
        number = self.ids[s["cpu"]]
        for bit, value in ((IDENTIFIER, number), (IP, s["ip"])):
            text += word(value) if kind & bit else b""
        text += struct.pack("<II", s["pid"], s["tid"]) if kind & TID else b""
        for bit, value in ((TIME, s["time"]), (ADDR, s["address"]), (ID, number),
                           (STREAM_ID, number)):
            text += word(value) if kind & bit else b""
        text += struct.pack("<II", s["cpu"], 0) if kind & CPU else b""
        text += word(s.get("period", 1)) if kind & PERIOD else b""
        text += struct.pack("<4Q", s["time"], 1000, 1000, number) if kind & READ else b""
        if kind & CALLCHAIN:
            calls = [(1 << 64) - 512, s["ip"], *s["calls"]]
            text += struct.pack(f"<{1 + len(calls)}Q", len(calls), *calls)
        text += struct.pack("<I", 12) + b"raw-raw-raw-" if kind & RAW else b""
        text += struct.pack("<7Q", 2, *range(6)) if kind & BRANCHES else b""
        text += struct.pack("<5Q", 2, *range(4)) if kind & REGS_USER else b""
        text += struct.pack("<Q", 16) + b"stack of 16 byte" + word(16) if kind & STACK_USER else b""
        if kind & WEIGHT_STRUCT:
            text += struct.pack("<IHH", s["weight"], s["weight"] // 2 & 0xffff, 3)
        elif kind & WEIGHT:
            text += word(s["weight"])
        text += word(s["data_src"]) if kind & DATA_SRC else b""
        text += word(1) if kind & TRANSACTION else b""
        text += struct.pack("<5Q", 2, *range(4)) if kind & REGS_INTR else b""
        for bit, value in ((PHYS_ADDR, s["address"] & 0xfffffff), (CGROUP, 1), (DATA_PAGE, 4096),
                           (CODE_PAGE, 4096)):
            text += word(value) if kind & bit else b""
        text += word(8) + b"traced.." if kind & AUX else b""
        return text


class PerfFile:
    """The records of one run; `events[0]` lends its ids to records that are no samples."""

    def __init__(self, events, cpus):
        self.events, self.cpus, self.records = events, cpus, []

    def _add(self, kind, misc, body, pid, tid, time, cpu=0):
        self.records.append(record(kind, misc, body + self.events[0].trailer(pid, tid, time, cpu)))

    def comm(self, pid, tid, name, time, is_exec=False):
        self._add(3, EXEC if is_exec else 0, struct.pack("<II", pid, tid) + padded(name), pid, tid,
                  time)

    def fork(self, pid, parent, tid, parent_tid, time):
        self._add(7, 0, struct.pack("<IIIIQ", pid, parent, tid, parent_tid, time), pid, tid, time)

    def exit(self, pid, tid, time):
        self._add(4, 0, struct.pack("<IIIIQ", pid, pid, tid, tid, time), pid, tid, time)

    def mmap(self, pid, start, size, offset, path, time, misc=USER):
        self._add(1, misc, struct.pack("<IIQQQ", pid, pid, start, size, offset) + padded(path), pid,
                  pid, time)

    def mmap2(self, pid, start, size, offset, path, time, inode=0, protection=3, flags=2,
              misc=USER | DATA_MAPPING):
        device = (8, 1) if inode else (0, 0)
        body = struct.pack("<IIQQQIIQQII", pid, pid, start, size, offset, *device, inode, 0,
                           protection, flags)
        self._add(10, misc, body + padded(path), pid, pid, time)

    def lost_samples(self, count, time):
        self._add(13, 0, struct.pack("<Q", count), 0, 0, time)

    def sample(self, event, sample, mode=USER):
        self.records.append(record(9, mode, self.events[event].sample(sample)))

    def finished_round(self):
        self.records.append(record(68, 0, b""))

    def _features(self):
        events = struct.pack("<II", len(self.events), 128)
        for event in self.events:
            events += event.attribute + struct.pack("<I", len(event.ids)) + counted(event.name)
            events += struct.pack(f"<{len(event.ids)}Q", *event.ids)
        node = struct.pack("<I", 1) + struct.pack("<IQQ", 0, 1 << 24, 1 << 23)
        return {3: counted("generated"), 4: counted("6.1.0-test"), 5: counted("6.1.0"),
                6: counted("x86_64"), 7: struct.pack("<II", self.cpus, self.cpus),
                8: counted("Example CPU"), 12: events,
                14: node + counted(f"0-{self.cpus - 1}")}

    def data(self, is_compressed=False):
        records = b"".join(self.records)
        return b"".join(compressed(records)) if is_compressed else records

    def file(self, is_compressed=False):
        data, features = self.data(is_compressed), self._features()
        if is_compressed:
            features[27] = struct.pack("<5I", 1, 1, 1, 2, 1 << 20)
        ids = b"".join(struct.pack(f"<{len(e.ids)}Q", *e.ids) for e in self.events)
        attributes, at = b"", 104
        for event in self.events:
            attributes += event.attribute + struct.pack("<QQ", at, 8 * len(event.ids))
            at += 8 * len(event.ids)
        start = at + len(attributes)
        place = start + len(data) + 16 * len(features)
        table, bodies = b"", b""
        for number in sorted(features):
            table += struct.pack("<QQ", place + len(bodies), len(features[number]))
            bodies += features[number]
        bits = sum(1 << number for number in features)
        header = b"PERFILE2" + struct.pack("<8Q", 104, 128 + 16, at, len(attributes), start,
                                           len(data), 0, 0) + struct.pack("<4Q", bits, 0, 0, 0)
        return header + ids + attributes + data + table + bodies

    def pipe(self, is_compressed=False):
        text = b"PERFILE2" + struct.pack("<Q", 16)
        for event in self.events:
            text += record(64, 0, event.attribute + struct.pack(f"<{len(event.ids)}Q", *event.ids))
            text += record(78, 0, struct.pack("<QQ", 2, event.ids[0]) + padded(event.name))
        for number, body in sorted(self._features().items()):
            text += record(80, 0, struct.pack("<Q", number) + body + b"\0" * (-len(body) % 8))
        return text + self.data(is_compressed)


def compressed(data):
    """One zstd frame, cut into records without regard to those inside."""
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_compressBound.restype = zstd.ZSTD_compress.restype = ctypes.c_size_t
    bound = zstd.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    packed = ctypes.create_string_buffer(bound)
    size = zstd.ZSTD_compress(packed, ctypes.c_size_t(bound), data, ctypes.c_size_t(len(data)), 1)
    step = 1999
    for start in range(0, size, step):
        yield record(COMPRESSED, 0, packed.raw[start:min(start + step, size)])
