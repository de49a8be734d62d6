"""Where do the headers come from that a tree includes but that only its own build would make?"""
import pathlib
import re
import subprocess

COMPILER = "clang-19"
INCLUDE_FOLDERS = [pathlib.Path(each) for each in (
    "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/c++/12")]
ROUNDS = 12  # each may uncover includes of the headers that the one before found


def resolve_headers(source, flags, tree, stubs):
    """The flags, with -I for headers found elsewhere in the tree, and stubs for all others."""
    flags = [*flags] if f"-I{stubs}" in flags else [*flags, f"-I{stubs}"]
    files = None
    for _ in range(ROUNDS):
        missing = missing_headers(source, flags)
        if not missing:
            break
        files = header_index(tree) if files is None else files
        for header in missing:
            folder = folder_providing(header, files, tree)
            if folder is None:
                write_stub(header, files, tree, stubs)
            elif f"-I{folder}" not in flags:
                flags.append(f"-I{folder}")
            elif not (stubs / header).exists():
                write_stub(header, {}, tree, stubs)
    return flags


def missing_headers(source, flags):
    """-MG lists what is missing as if it were generated later, all in one pass."""
    done = subprocess.run([COMPILER, "-M", "-MG", "-w", *flags, str(source)],
                          capture_output=True, text=True, check=False, timeout=300)
    words = done.stdout.replace("\\\n", " ").split()[1:]
    return [word for word in dict.fromkeys(words)
            if not word.startswith("/") and not pathlib.Path(word).exists()]


def header_index(tree):
    """Name of each header or template of one -> its paths in the tree."""
    index = {}
    for path in tree.rglob("*.*"):
        if re.search(r"\.(h|hh|hpp|hxx|inc|inl|ipp|def|in|cmake|tpp|ic|i)$", path.name):
            index.setdefault(path.name, []).append(path)
    return index


def folder_providing(header, files, tree):
    """The folder that makes `#include "a/b.h"` find the tree's own file; the nearest to the top."""
    header = re.sub(r"^(\.\./)+", "", header)
    matches = [path for path in files.get(pathlib.Path(header).name, [])
               if str(path).endswith("/" + header)]
    if not matches:
        return system_folder(header)
    best = min(matches, key=lambda path: (is_foreign(path.relative_to(tree)), len(path.parts)))
    return str(best)[:-len(header) - 1]


def system_folder(header):
    """Some packages install their headers where only pkg-config tells."""
    found = sorted(pathlib.Path("/usr/include").glob("*/" + header))
    return str(found[0])[:-len(header) - 1] if found else None


def is_foreign(path):
    """Other systems' headers shadow the ones of this one."""
    return bool(re.search(r"win|msvc|darwin|osx|bsd|solaris|java|compat", str(path), re.I))


def write_stub(header, files, tree, stubs):
    """Empty, or the tree's own template with every option off."""
    path = stubs / header
    if ".." in header:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    name = pathlib.Path(header).name
    templates = [each for suffix in (".in", ".cmake", ".h.in", ".cmake.in")
                 for each in files.get(name + suffix, [])]
    text = templates[0].read_text(errors="replace") if templates else ""
    path.write_text(fill_template(text))


def fill_template(text):
    """A configure template that has found the headers of this machine, and nothing else."""
    text = re.sub(r"^#\s*cmakedefine01\s+(\w+).*$",
                  lambda line: f"#define {line[1]} {int(is_detected(line[1]))}", text, flags=re.M)
    text = re.sub(r"^#\s*(?:mesondefine|cmakedefine|undef)\s+(\w+).*$",
                  lambda line: f"#define {line[1]} 1" if is_detected(line[1]) else "", text,
                  flags=re.M)
    return re.sub(r"@\w+@|\$\{\w+\}", "0", text)


def is_detected(option):
    """HAVE_SYS_EPOLL_H, X_HAVE_LIBFOO: is there a sys/epoll.h, a foo.h or a folder foo?"""
    found = re.search(r"HAVE_(?:LIB)?(\w+?)(?:_H)?$", option)
    if not found:
        return False
    name = found[1].lower()
    return any((root / each).exists() for root in INCLUDE_FOLDERS
               for each in (name, name + ".h", name.replace("_", "/", 1) + ".h"))
