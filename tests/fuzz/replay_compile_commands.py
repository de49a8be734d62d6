#!/usr/bin/env python3
"""Does the reader of compile_commands.json survive damaged ones? replay_compile_commands.py REPLAY

A sound database, cut at every few bytes, with bytes exchanged, with values of other types, and some
inputs that readers of JSON stumble over."""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

SEED = 1
SOUND = [
    {"directory": "/src", "file": "a.cc", "arguments": ["c++", "-DX=\"y\"", "-c", "a.cc", "-o", "a.o"]},
    {"directory": "", "file": "../b.c", "command": "ccache cc -I'a b' -DQ=\\\"q\\\" -c ../b.c"},
    {"directory": "/src", "file": "c.c", "command": "clang -cc1 -triple x86_64 c.c"},
]
ODD_VALUES = [None, True, 0, -1, 1e308, "", "\u0000", [], {}, [[]], [None, 7], "'", "\\", "a" * 70000]
ODD_TEXTS = ["", "[", "[]", "{}", "null", "[null]", "[[]]", "[{}]", '"' * 9, "[" * 100000,
             '{"a":' * 50000, "\ufeff[]", "[1e999]", '[{"file":"\\ud800"}]', "[{\"file\":1}]//"]


def variants():
    text = json.dumps(SOUND)
    rng = random.Random(SEED)
    yield from (text[:end] for end in range(0, len(text), 7))
    for _ in range(300):
        at = rng.randrange(len(text))
        yield text[:at] + chr(rng.randrange(1, 0x250)) + text[at + rng.randrange(3):]
    for number, entry in enumerate(SOUND):
        for key in entry:
            for value in ODD_VALUES:
                changed = [dict(each) for each in SOUND]
                changed[number][key] = value
                yield json.dumps(changed)
    yield from ODD_TEXTS


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(variants()):
            path = pathlib.Path(folder) / f"{number:04}"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        done = subprocess.run([sys.argv[1], folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout.splitlines()[-1:], done.stderr[-500:], done.returncode)
        return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
