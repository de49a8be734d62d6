#!/usr/bin/env python3
"""Are the accesses of aarch64 instructions those that an independent disassembler shows?

check_arm64_operands.py DECODE_LINES SOURCE...

Each source is compiled by clang-19, with and without optimisation and the atomics of Armv8.1; then come random words of
the group of loads and stores. Every instruction that llvm-objdump-19 knows is decoded by ours as well. Size and direction
follow from the mnemonic and the registers, the address from what stands in brackets.
"""
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from check_operands import compare

COMPILER, DISASSEMBLER = "clang-19", "llvm-objdump-19"
FLAGS = [[level, march] for level in ("-O0", "-O1", "-O2")
         for march in ("-march=armv8-a", "-march=armv8.1-a+lse", "-march=armv8.4-a")]
WORDS = 100_000
LEAST = 30_000  # instructions with memory; fewer: something was not looked at
REGISTER_SIZES = {"w": 4, "x": 8, "b": 1, "h": 2, "s": 4, "d": 8, "q": 16}
ADDRESS = re.compile(r"\[(x\d+|sp)(?:, (?:#(-?\w+)|([wx]\d+|[wx]zr)(?:, (lsl|[us]xt[wx])(?: #(\w+))?)?))?\]")
LINE = re.compile(r"^\s*([0-9a-f]+): ([0-9a-f]{8})\s+(\S+)\s*(.*)$")
ATOMIC = re.compile(r"^(ld|st)(add|clr|eor|set|[su]max|[su]min)(a?l?)([bh]?)$|^(swp|casp?)(a?l?)([bh]?)$")
EXCLUSIVE = re.compile(r"^(ldaxr|ldxr|stxr|stlxr|ldaxp|ldxp|stxp|stlxp)([bh]?)$")
STRUCTURE = re.compile(r"^(ld|st)([1-4])(r?)$")
NARROW = re.compile(r"^(?:ldr|ldrs|ldur|ldurs|ldtr|ldtrs|ldar|ldlar|ldapr|ldapur|ldapurs|str|stur|sttr|stlr|stllr|stlur)([bhw])$")


def register_number(name):
    return 31 if name == "sp" else int(name[1:])


def address(text):
    """As decode_lines prints it; post-index is the plain base, which the second bracket group leaves out."""
    base, offset, index, extend, amount = ADDRESS.search(text).groups()
    parts = str(register_number(base))
    if index and not index.endswith("zr"):
        signed = "s" if extend and extend.startswith("s") else "u"
        parts += f"+{register_number(index)}*{1 << int(amount or '0', 0)}{signed}{4 if index[0] == 'w' else 8}"
    return f"[{parts}{int(offset or '0', 0):+d}]"


def structure_size(count, replicates, registers):
    """Of "{ v0.4s, v1.4s }" or "{ v0.s }[2]"."""
    lanes, kind = re.search(r"v\d+\.(\d*)([bhsd])", registers).groups()
    if replicates or not lanes:
        return count * REGISTER_SIZES[kind]
    listed = len(re.findall(r"v\d+\.", registers))
    if "-" in registers:
        first, last = map(int, re.findall(r"v(\d+)\.", registers))
        listed = (last - first) % 32 + 1
    return listed * int(lanes) * REGISTER_SIZES[kind]


def access(mnemonic, operands):
    """Size, direction and lock mark of an instruction that names memory."""
    registers = re.findall(r"\b([wxbhsdq])(?:\d+|zr)\b", operands.split("[")[0])
    direction = "w" if mnemonic.startswith("st") else "r"
    if found := STRUCTURE.match(mnemonic):
        return f"{structure_size(int(found[2]), bool(found[3]), operands.split('[x')[0].split('[sp')[0])}{direction}"
    if found := ATOMIC.match(mnemonic):
        size = {"b": 1, "h": 2, "": REGISTER_SIZES[registers[0]]}[found[4] or found[7] or ""]
        return f"{size * (2 if found[5] == 'casp' else 1)}rw!"
    if found := EXCLUSIVE.match(mnemonic):
        size = {"b": 1, "h": 2, "": REGISTER_SIZES[registers[-1]]}[found[2]]
        return f"{size * (2 if found[1].endswith('p') else 1)}{direction}!"
    if found := NARROW.match(mnemonic):
        return f"{ {'b': 1, 'h': 2, 'w': 4}[found[1]]}{direction}"
    if mnemonic == "ldpsw":
        return "8r"
    size = REGISTER_SIZES[registers[0]]
    return f"{size * 2 if mnemonic in ('ldp', 'stp', 'ldnp', 'stnp') else size}{direction}"


def expected(place, mnemonic, operands):
    """What decode_lines has to print."""
    if "prf" in mnemonic:
        return []
    if mnemonic == "dc":
        what, register = operands.split(", ")
        return [f"64w[{register_number(register)}+0]"] if what == "zva" else []
    if ADDRESS.search(operands):
        return [access(mnemonic, operands) + address(operands)]
    if mnemonic in ("ldr", "ldrsw"):
        target = int(operands.split(", ")[1].split()[0].lstrip("#"), 16)
        distance = (target - place + 2**63) % 2**64 - 2**63
        return [f"{access(mnemonic, operands)}[pc{distance:+d}]"]
    return []


def instructions(binary):
    """(bytes, text, accesses), in the order of the file."""
    dump = subprocess.run([DISASSEMBLER, "-d", "--triple=aarch64", "--mattr=+v8.4a", binary], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for line in dump.splitlines():
        found = LINE.match(line)
        if found and found[3] != "<unknown>":
            code = bytes.fromhex(found[2])[::-1].hex()
            operands = found[4].split("//")[0].strip()
            yield code, f"{found[3]} {operands}", expected(int(found[1], 16), found[3], operands)


def compiled(folder, source, flags):
    binary = folder / "compiled.o"
    subprocess.run([COMPILER, "--target=aarch64-linux-gnu", "-ffreestanding", "-nostdinc", "-mno-outline-atomics", "-w", *flags,
                    "-c", source, "-o", binary], check=True)
    return binary


def random_words(folder):
    """Loads and stores of all forms, most of them with register 31 where some forms demand it."""
    numbers = random.Random(101)
    source = folder / "words.s"
    with source.open("w") as out:
        for _ in range(WORDS):
            word = numbers.getrandbits(32) & ~(1 << 25) | 1 << 27
            word |= numbers.choice((0, 0x1f)) << 16 | numbers.choice((0, 0x1f)) << 10
            out.write(f".inst {word:#x}\n")
    return compiled(folder, source, [])


def main():
    decoder, *sources = sys.argv[1:]
    missing = [tool for tool in (COMPILER, DISASSEMBLER) if not shutil.which(tool)]
    if missing:
        print(f"skipped: no {', '.join(missing)}; apt-get install clang-19 llvm-19")
        sys.exit(77)
    differing = total = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        builds = [(f"{pathlib.Path(source).name} {' '.join(flags)}", source, flags) for source in sources for flags in FLAGS]
        for name, source, flags in [*builds, (f"{WORDS} random words", None, None)]:
            wanted = list(instructions(compiled(folder, source, flags) if source else random_words(folder)))
            total += sum(1 for _, _, accesses in wanted if accesses)
            differing += bool(compare([decoder, "aarch64"], name, wanted))
    print(f"{total} instructions with memory in all, {differing} of the files differ")
    sys.exit(1 if differing or total < LEAST else 0)


if __name__ == "__main__":
    main()
