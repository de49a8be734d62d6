"""Which translation units does a case need, and with which flags do they parse?"""
import json
import math
import pathlib
import re
import shutil
import subprocess

from headers import COMPILER, header_index, resolve_headers
from options import wanted_options

SOURCES = {"C": (".c",), "C++": (".cc", ".cpp", ".cxx", ".c++")}
STANDARDS = {"C": ["-std=gnu11"], "C++": ["-std=gnu++17", "-std=gnu++20", "-std=gnu++14"]}
MAX_EXTRA = {"C": 12, "C++": 2}  # a unit of C++ costs some 20 of C
TESTS = re.compile(r"test|bench|example|fuzz|regression|mock|third.?party|vendor", re.I)


def write_database(case, tree, siblings, folder, extra):
    """Writes folder/compile_commands.json: the case's own unit, and others that use its fields."""
    shutil.rmtree(folder / "stubs", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    files = header_index([tree, *siblings])
    main, flags = main_unit(case, tree, folder)
    flags += wanted_options(case, tree, main, files)
    flags += [word for each in siblings for word in ("-isystem", str(each))]
    if not any(flag.startswith("-std=") for flag in flags):
        flags.insert(0, best_standard(case, main, flags, files, folder / "stubs"))
    limit = MAX_EXTRA[case.lang] if extra is None else extra
    units = [main] + [each for each in ranked_sources(case, tree)[:limit + 1]
                      if each != main][:limit]
    for unit in units:
        flags = resolve_headers(unit, flags, files, folder / "stubs")
    entries = [{"directory": str(tree), "file": str(unit),
                "arguments": [COMPILER, *flags, "-c", str(unit)]} for unit in units]
    (folder / "compile_commands.json").write_text(json.dumps(entries, indent=1))


def main_unit(case, tree, folder):
    if case.parse_main and (tree / case.parse_main).exists():
        return tree / case.parse_main, given_flags(case, tree)
    if case.parse_driver:
        return write_driver(case, folder, case.parse_driver.replace("\\n", "\n")), \
            given_flags(case, tree)
    return invented_unit(case, tree, folder)


def given_flags(case, tree):
    return split_flags(case.parse_flags, tree)


def split_flags(text, tree):
    words = text.replace("$TREE", str(tree)).split()
    if words and words[-1] in ("-include", "-I", "-D", "-isystem"):
        words.pop()
    return words


def write_driver(case, folder, text):
    path = folder / ("driver.c" if case.lang == "C" else "driver.cc")
    path.write_text(text)
    return path


def invented_unit(case, tree, folder):
    """The file itself, or a source that includes the header in the company it needs."""
    path = tree / case.path
    if path.suffix in SOURCES[case.lang]:
        unit = path
    else:
        unit = source_including(case, tree) or write_driver(
            case, folder, f'#include "{case.path}"\n')
    return unit, invented_flags(case, tree)


def invented_flags(case, tree):
    """What a case of the same repository is parsed with, if there is one, and likely folders."""
    roots = [tree / "include", tree / "src", tree / "src" / "include", tree]
    paths = dict.fromkeys(f"-I{each}" for each in roots if each.is_dir())
    # Folders of single components may have an errno.h of their own.
    for parent in pathlib.PurePath(case.path).parents:
        if f"-I{tree / parent}" not in paths:
            paths[f"-iquote{tree / parent}"] = None
    configured = ["-DHAVE_CONFIG_H=1"] if (tree / "configure.ac").exists() else []
    borrowed = [word for word in split_flags(case.sibling_flags, tree)
                if not word.startswith("-std=")]
    return [*(borrowed or ["-D_GNU_SOURCE", *configured]), *paths]


def best_standard(case, unit, flags, files, stubs):
    """The standard with the fewest errors; older code and newer code differ in what they need."""
    standards = STANDARDS[case.lang]
    best = (math.inf, standards[0])
    for standard in standards if len(standards) > 1 else []:
        full = resolve_headers(unit, [standard, *flags], files, stubs)
        best = min(best, (count_errors(unit, full), standard), key=lambda each: each[0])
        if best[0] == 0:
            break
    return best[1]


def count_errors(unit, flags):
    done = subprocess.run([COMPILER, "-fsyntax-only", "-w", "-ferror-limit=0", *flags, str(unit)],
                          capture_output=True, text=True, check=False, timeout=600)
    return len(re.findall(r"error:", done.stderr))


def source_including(case, tree):
    """Prefers the source of the same stem, then the one nearest in the tree, tests last."""
    path = pathlib.PurePath(case.path)
    stem = re.sub(r"(-t|[-_](internals?|impl|inl|detail))$", "", path.stem)
    found = [each for each in sources(case, tree)
             if re.search(r'#\s*include\s*["<]([^">]*/)?' + re.escape(path.name) + '[">]',
                          each.read_text(errors="replace"))]
    relative = {each: each.relative_to(tree) for each in found}
    return min(found, default=None, key=lambda each: (
        bool(TESTS.search(str(relative[each]))), each.stem != stem,
        relative[each].parent != path.parent, len(relative[each].parts), str(each)))


def sources(case, tree):
    suffixes = SOURCES[case.lang]
    return [each for each in tree.rglob("*.c*") if each.suffix in suffixes and each.is_file()]


def ranked_sources(case, tree):
    """Sources that use the case's fields; rare names count more, tests come last."""
    words = [*case.fields]
    if case.lang == "C++":
        words += [case.simple_record, pathlib.PurePath(case.path).stem]
    if case.is_of_variables or not words:
        words.append(pathlib.PurePath(case.path).stem)
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")\b")
    mentions = {}
    for source in sources(case, tree):
        text = source.read_text(errors="replace")
        found = pattern.findall(text)
        if found and may_use_record(case, source, text):
            mentions[source] = {word: found.count(word) for word in set(found)}
    spread = {word: sum(word in each for each in mentions.values()) for word in words}
    return sorted(mentions, key=lambda source: (
        -rank(case, source.relative_to(tree), mentions[source], spread, len(mentions)),
        str(source)))


def may_use_record(case, source, text):
    """C++ names the class, or includes its header; C reaches a struct through any pointer."""
    path = pathlib.PurePath(case.path)
    return case.lang == "C" or source.stem == path.stem or path.name in text or bool(
        re.search(rf"\b{re.escape(case.simple_record)}\b", text))


def rank(case, source, counts, spread, files):
    score = sum((1 + math.log(count)) * math.log(1 + files / spread[word])
                for word, count in counts.items())
    path = pathlib.PurePath(case.path)
    stem = re.sub(r"(-t|_internals?)$", "", path.stem)
    if source == path or source.stem == stem:
        score += 10
    elif source.stem.startswith(stem):  # its test, if nothing else instantiates it
        score += 3
    if source.parent == path.parent:
        score += 1
    return score * (0.1 if TESTS.search(str(source)) else 1)
