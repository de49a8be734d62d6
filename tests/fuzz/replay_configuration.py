#!/usr/bin/env python3
"""Does the reader of .quarrel.toml survive damaged ones? replay_configuration.py REPLAY DOCUMENT

The example of the documentation, cut at every few bytes, with bytes exchanged, with values of other
types, and some inputs that readers of TOML stumble over."""
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SEED = 1
ODD_VALUES = ["true", "0", "-1", "1e308", "''", "[]", "{}", "[[]]", "1979-05-27", "99999999999999999999",
              '"' + "a" * 70000 + '"', '"\\u0000"']
ODD_TEXTS = ["", "[", "[[", "[[primitive]]", "primitive = 1", "primitive = [1]", "[primitive]", "[paths]\nignore = 1",
             "[paths]\nignore = [1]", "paths = []", "a." * 20000 + "b = 1", "a = " + "[" * 20000, "\ufeff[paths]",
             "[[lock]]\n", '[[lock]]\nacquire = "a"', '[[executor]]\nsubmit = ""', "x = {a = {" * 1000]


def variants(text):
    rng = random.Random(SEED)
    yield text
    yield from (text[:end] for end in range(0, len(text), 11))
    for _ in range(300):
        at = rng.randrange(len(text))
        yield text[:at] + chr(rng.randrange(1, 0x250)) + text[at + rng.randrange(3):]
    for value in re.finditer(r"= (\S+)", text):
        for other in ODD_VALUES:
            yield text[:value.start(1)] + other + text[value.end(1):]
    yield from ODD_TEXTS


def main():
    replay, document = sys.argv[1:3]
    example = re.search(r"```toml\n(.*?)```", pathlib.Path(document).read_text(), re.S).group(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(variants(example)):
            path = pathlib.Path(folder) / f"{number:04}"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        done = subprocess.run([replay, folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout.splitlines()[-1:], done.stderr[-500:], done.returncode)
        return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
