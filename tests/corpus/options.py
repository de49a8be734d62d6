"""Which macros would a project's own build define so that a file has any content?"""
import pathlib
import re

CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|else|elif|endif)\b(.*)$", re.M)
WANTED = re.compile(r"^\s*(?:defined\s*\(?\s*)?([A-Z]\w*[A-Z]\w*)\s*\)?\s*(?:/[/*].*)?$")
FOREIGN = re.compile(r"_|NO_|N?DEBUG|WIN|OS_|HAVE_CONFIG_H|.*(WIN32|WINDOWS|APPLE|BSD|MSVC)")
MOST = 0.6  # of a file's characters: then the file is about the option


def wanted_options(case, tree, main, files):
    """-D for options that enclose the case's record, the main file, or its header."""
    options = set()
    definition = tree / case.path
    if definition.is_file():
        text = definition.read_text(errors="replace")
        options |= options_around(text, position_of(case, text))
    if main.is_relative_to(tree):
        text = main.read_text(errors="replace")
        options |= options_of_file(text)
        for header in included(text, files):
            if not header.stem.startswith(main.stem):
                continue
            options |= options_of_file(header.read_text(errors="replace"))
    return [f"-D{option}=1" for option in sorted(options) if is_project_option(option)]


def is_project_option(option):
    """Not what the compiler or the platform defines, nor what turns code off."""
    return not FOREIGN.match(option)


def included(text, files):
    names = re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', text, re.M)
    return [path for name in names for path in files.get(pathlib.Path(name).name, [])
            if str(path).endswith("/" + name)]


def position_of(case, text):
    """Where the record is defined, else where its first field stands."""
    record = re.escape(case.simple_record)
    names = [rf"(?:struct|class|union)\s[^;{{}}]*\b{record}\b[^;]*\{{"]
    names += [rf"\b{re.escape(field)}\b" for field in case.fields]
    for name in names:
        found = re.search(name, text)
        if found:
            return found.start()
    return None


def options_around(text, position):
    if position is None:
        return set()
    return {option for option, begin, end in regions(text) if begin <= position < end}


def options_of_file(text):
    return {option for option, begin, end in regions(text) if end - begin > MOST * len(text)}


def regions(text):
    """(option, begin, end) of each branch that is compiled if the option is defined."""
    stack = []
    for line in CONDITION.finditer(text):
        kind, rest = line[1], line[2]
        if kind.startswith("if"):
            stack.append([option_of(kind, rest), line.end()])
        elif stack:
            option, begin = stack[-1]
            if option:
                yield option, begin, line.start()
            if kind == "endif":
                stack.pop()
            else:
                stack[-1] = [None, line.end()]


def option_of(kind, rest):
    found = WANTED.match(rest)
    return found[1] if found and kind != "ifndef" else None


def demanded_options(text):
    """Of each chain of options that ends in `#else #error`: the first."""
    chains = re.findall(r"^[ \t]*#[ \t]*if((?:def)?\b[^\n]*)\n"
                        r"((?:(?![ \t]*#[ \t]*(?:if|endif)).*\n)*?)"
                        r"[ \t]*#[ \t]*else[^\n]*\n[ \t]*#[ \t]*error", text, re.M)
    for first, rest in chains:
        conditions = first + " ".join(re.findall(r"#[ \t]*elif(.*)", rest))
        names = re.findall(r"(?:^def|defined)\s*\(?\s*(\w+)", conditions)
        others = set(re.findall(r"\b[A-Za-z_]\w*", conditions)) - {*names, "defined", "def"}
        own = any(re.search(rf"#[ \t]*define[ \t]+{name}\b", text) for name in names)
        if names and not others and not own and all(map(is_project_option, names)):
            yield names[0]


def defined_constants(files):
    """What configure.ac defines as a fixed number."""
    text = "".join(path.read_text(errors="replace") for path in files.get("configure.ac", []))
    found = re.findall(r"AC_DEFINE\(\[?(\w+)\]?,\s*\[?(\d+)\]?", text)
    return {name: number for name, number in found if number not in ("0", "1")}
