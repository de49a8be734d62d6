#!/usr/bin/env python3
"""Are sizes and directions of memory operands those that an independent disassembler and the manual give?

check_operands.py DECODE_LINES [BINARY...]

Every instruction of the binaries that names memory, as objdump prints it in Intel's syntax, is decoded by ours as well.
objdump tells the size ("QWORD PTR"); the direction follows from the mnemonic, by the table below.
"""
import collections
import pathlib
import re
import subprocess
import sys

SIZES = {"BYTE": 1, "WORD": 2, "DWORD": 4, "FWORD": 6, "QWORD": 8, "TBYTE": 10, "XMMWORD": 16, "OWORD": 16,
         "YMMWORD": 32, "ZMMWORD": 64}
PREFIX = re.compile(r"^(lock|rep\w*|bnd|notrack|data16|addr32|[c-gs]s|xacquire|xrelease|rex(\.\w+)?|\{\w+\})$")
# What stands first is read and written.
CHANGES = {"add", "sub", "and", "or", "xor", "adc", "sbb", "inc", "dec", "neg", "not", "shl", "sal", "shr", "sar", "rol",
           "ror", "rcl", "rcr", "shld", "shrd", "bts", "btr", "btc", "xchg", "xadd", "cmpxchg", "cmpxchg8b", "cmpxchg16b"}
# What stands first is written only.
STORES = re.compile(r"^(mov.*|v?movnt.*|vmov.*|set.*|pop|v?stmxcsr|fstp?|fistp?|fisttp|fbstp|fnst.*|fst.w|fstenv|v?extract.*|"
                    r"v?pextr.*|vpcompress.*|vcompress.*|vpmov.*|vmread|vcvtps2ph|kmov.|sgdt|sidt|sldt|str|smsw|stos|ins)$")
HINTS = re.compile(r"^(nop|prefetch.*|clflush.*|clwb|cldemote|lea|invlpg|endbr.*)$")
# Their size stands in no operand, or in several of different size.
UNSIZED = re.compile(r"^(f?x(save|rstor).*|fn?save|frstor|fldenv|fn?stenv|.*gather.*|.*scatter.*|xlat.*|bound|"
                     r"lds|les|lfs|lgs|lss|movdir64b|enqcmds?|monitor.*|call|jmp|cmpxchg(8|16)b)$")
# Of the instructions, those that we do not decode: tables between functions, which are none.
MAX_UNDECODABLE = 2e-4
MEMORY = re.compile(r"(?:(\w+) (?:PTR|BCST) )?(?:\w\w:)?\[[^]]*\]|(\w+) (?:PTR|BCST) (?:\w\w:)?0x[0-9a-f]+")


def instructions(binary):
    """(bytes, mnemonic, operands, is_locked) of those that name memory."""
    with subprocess.Popen(["objdump", "-d", "-w", "-M", "intel", "--insn-width=16", binary],
                          stdout=subprocess.PIPE, text=True) as dump:
        for line in dump.stdout:
            parts = line.rstrip("\n").split("\t")
            if len(parts) < 3 or "[" not in parts[2] or "(bad)" in parts[2]:
                continue
            words = parts[2].split("#")[0].split()
            prefixes = []
            while words and PREFIX.match(words[0]):
                prefixes.append(words.pop(0))
            if not words or words[0].startswith("."):
                continue
            yield parts[1].replace(" ", ""), words[0], " ".join(words[1:]), "lock" in prefixes


def split_operands(text):
    return re.split(r",(?![^\[]*\])", text)


def direction(mnemonic, place, is_locked):
    if is_locked or mnemonic == "xchg":
        return "rw"
    if place == 0 and mnemonic in CHANGES:
        return "rw"
    if place == 0 and STORES.match(mnemonic):
        return "w"
    return "r"


def is_code(mnemonic, text, is_locked):
    """False for tables between functions that happen to look like instructions to objdump."""
    return not (is_locked and mnemonic not in CHANGES) and "?" not in text and not re.match(r"mov [c-gs]s,", f"{mnemonic} {text}")


def expected(mnemonic, text, is_locked):
    """The accesses, as decode_lines prints them; None if objdump does not tell."""
    if HINTS.match(mnemonic):
        return []
    if UNSIZED.match(mnemonic) or not is_code(mnemonic, text, is_locked):
        return None
    accesses = []
    for place, operand in enumerate(split_operands(text)):
        found = MEMORY.search(operand)
        if not found:
            continue
        size = SIZES.get(found[1] or found[2] or "")
        if size is None:
            return None
        mark = "!" if is_locked or mnemonic == "xchg" else ""
        accesses.append(f"{size}{direction(mnemonic, place, is_locked)}{mark}")
    return accesses


def compare(decoder, name, wanted):
    """Whether ours says of each (bytes, text, accesses) the same; prints what differs. 0: all the same."""
    lines = "\n".join(code for code, _, _ in wanted) + "\n"
    decoded = subprocess.run(decoder, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    wrong = collections.Counter()
    undecodable = decoded.count("?")
    examples = {}
    for (code, text, accesses), line in zip(wanted, decoded, strict=True):
        if line != "?" and sorted(accesses) != sorted(line.split()):
            key = (text.split()[0], tuple(accesses), line.strip())
            wrong[key] += 1
            examples.setdefault(key, f"{code} {text}")
    with_memory = sum(1 for _, _, accesses in wanted if accesses)
    print(f"{name}: {len(wanted)} instructions, {with_memory} with memory, {sum(wrong.values())} differ, "
          f"{undecodable} undecodable")
    for key, count in wrong.most_common(40):
        print(f"  {count:6} {examples[key]}: expected {' '.join(key[1])}, ours {key[2]}")
    return sum(wrong.values()) + (undecodable > MAX_UNDECODABLE * len(wanted))


def check(decoder, binary):
    wanted = [(code, f"{mnemonic} {text}", accesses) for code, mnemonic, text, is_locked in instructions(binary)
              if (accesses := expected(mnemonic, text, is_locked)) is not None]
    return compare([decoder, "x86-64"], binary, wanted)


def main():
    decoder, *binaries = sys.argv[1:]
    candidates = ["/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/lib/x86_64-linux-gnu/libc.so.6"]
    binaries = binaries or [path for path in candidates if pathlib.Path(path).exists()]
    if not binaries:
        print("skipped: neither libcrypto nor libc is where Debian has them")
        sys.exit(77)
    sys.exit(1 if sum(check(decoder, binary) for binary in binaries) else 0)


if __name__ == "__main__":
    main()
