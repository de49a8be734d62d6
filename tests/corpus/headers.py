"""Where do the headers come from that a tree includes but that only its own build would make?"""
import ctypes
import pathlib
import re
import subprocess

from options import defined_constants, demanded_options

COMPILER = "clang-19"
INCLUDE_FOLDERS = [pathlib.Path(each) for each in (
    "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/c++/12",
    "/usr/lib/llvm-19/lib/clang/19/include")]
LIBC = ctypes.CDLL(None)
KINDS = re.compile(r"\.(h|hh|hpp|hxx|inc|inl|ipp|def|in|cmake|tpp|ic|i|proto)$|^configure.ac$")
ROUNDS = 12  # each may uncover includes of the headers that the one before found


def resolve_headers(source, flags, files, stubs):
    """The flags, with -I for headers found elsewhere in the trees, and stubs for all others."""
    flags = [*flags] if f"-I{stubs}" in flags else [*flags, f"-I{stubs}"]
    for _ in range(ROUNDS):
        missing = missing_headers(source, flags)
        if not missing:
            break
        for header in missing:
            folder = folder_providing(header, files)
            if folder is None and not generate_from_proto(header, files, stubs):
                write_stub(header, files, stubs)
            elif folder and f"-I{folder}" not in flags:
                flags.append(f"-I{folder}")
            elif folder and not (stubs / header).exists():
                write_stub(header, {}, stubs)
    return flags


def missing_headers(source, flags):
    """-MG lists what is missing as if it were generated later, all in one pass."""
    done = subprocess.run([COMPILER, "-M", "-MG", "-w", *flags, str(source)],
                          capture_output=True, text=True, check=False, timeout=300)
    words = done.stdout.replace("\\\n", " ").split()[1:]
    return [word for word in dict.fromkeys(words)
            if not word.startswith("/") and not pathlib.Path(word).exists()]


def header_index(trees):
    """Name of each header, or source of one -> its paths in the trees."""
    index = {}
    for path in (path for tree in trees for path in sorted(tree.rglob("*.*"))):
        if KINDS.search(path.name) and path.is_file():
            index.setdefault(path.name, []).append(path)
    return index


def folder_providing(header, files):
    """The folder that makes `#include "a/b.h"` find the tree's own file; the nearest to the top."""
    header = re.sub(r"^(\.\./)+", "", header)
    matches = [path for path in files.get(pathlib.Path(header).name, [])
               if str(path).endswith("/" + header)]
    if not matches:
        return system_folder(header)
    best = min(matches, key=lambda path: (is_foreign(path), len(path.parts)))
    return str(best)[:-len(header) - 1]


def system_folder(header):
    """Some packages install their headers where only pkg-config tells."""
    if "conf" in header:
        return None  # each project means its own
    found = sorted(pathlib.Path("/usr/include").glob("*/" + header))
    return str(found[0])[:-len(header) - 1] if found else None


def is_foreign(path):
    """Other systems' headers shadow the ones of this one."""
    return bool(re.search(r"win|msvc|darwin|osx|bsd|solaris|java|compat", str(path), re.I))


def generate_from_proto(header, files, stubs):
    """True if the header is what protoc makes of a file of the tree, and it did."""
    name = re.sub(r"\.pb\.h$", ".proto", header)
    matches = [path for path in files.get(pathlib.Path(name).name, [])
               if str(path).endswith("/" + name)]
    if name == header or not matches:
        return False
    root = str(matches[0])[:-len(name) - 1]
    stubs.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["protoc", f"--cpp_out={stubs}", f"-I{root}", "-I/usr/include", name],
                          cwd=root, capture_output=True, check=False)
    return done.returncode == 0


def write_stub(header, files, stubs):
    """Empty, or the tree's own template with every option off."""
    path = stubs / header
    if ".." in header:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    name = pathlib.Path(header).name
    templates = [each for suffix in (".in", ".cmake", ".h.in", ".cmake.in")
                 for each in files.get(name + suffix, [])]
    text = fill_template(templates[0].read_text(errors="replace") if templates else "")
    path.write_text(text + (detected_options(files) if "conf" in name or templates else ""))


def detected_options(files):
    """What the tree's headers ask about this machine, and constants of its configure.ac."""
    # HAVE_NSS without _H may mean a library of the build, not the header nss.h.
    values = {option: "1" for option in options_asked(files)
              if re.search("HAVE_LIB|_H$", option) and is_detected(option)}
    values |= {option: "1" for path in headers_of(files)
               for option in demanded_options(path.read_text(errors="replace"))}
    values |= defined_constants(files)
    return "".join(f"#ifndef {name}\n#define {name} {value}\n#endif\n"
                   for name, value in sorted(values.items()))


def headers_of(files):
    return [path for paths in files.values() for path in paths if path.suffix.startswith(".h")]


def options_asked(files):
    """What the tree's headers want to know of a configuration that its build would generate."""
    return {option for path in headers_of(files)
            for option in re.findall(r"\b\w*HAVE_\w+", path.read_text(errors="replace"))}


def fill_template(text):
    """A configure template that has found the headers of this machine, and nothing else."""
    text = re.sub(r"^#\s*cmakedefine01\s+(\w+).*$",
                  lambda line: f"#define {line[1]} {int(is_detected(line[1]))}", text, flags=re.M)
    text = re.sub(r"^#\s*(?:mesondefine|cmakedefine|undef)\s+(\w+).*$",
                  lambda line: f"#define {line[1]} 1" if is_detected(line[1]) else "", text,
                  flags=re.M)
    text = re.sub(r"^(#\s*\w+\s+)@(\w+)@", r"\1UNSET_\2", text, flags=re.M)
    return re.sub(r"@\w+@|\$\{\w+\}", "0", text)


def is_detected(option):
    """HAVE_SYS_EPOLL_H, X_HAVE_LIBFOO, HAVE_GETTID: is there such a header, folder, function?"""
    found = re.search(r"HAVE_(?:LIB)?(\w+?)(?:_H)?$", option)
    if not found:
        return False
    name = found[1].lower()
    if hasattr(LIBC, name):
        return True
    return any((root / each).exists() for root in INCLUDE_FOLDERS
               for each in (name, name + ".h", name.replace("_", "/", 1) + ".h"))
