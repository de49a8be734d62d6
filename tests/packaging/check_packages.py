#!/usr/bin/env python3
"""Do the Debian packages hold what they should, need no more than they should, and run?"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = {"dpkg-deb": "dpkg", "dpkg-shlibdeps": "dpkg-dev", "file": "file"}
# CMake's option values that mean "no".
OFF = {"", "0", "OFF", "NO", "FALSE", "N"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def field(package, name):
    return output("dpkg-deb", "--field", package, name).strip()


def build_packages(arguments, folder):
    config = pathlib.Path(arguments.build) / "CPackConfig.cmake"
    result = subprocess.run([arguments.cpack, "-G", "DEB", "--config", config, "-B", folder],
                            capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"cpack failed:\n{result.stdout}{result.stderr}")
    return {field(path, "Package"): path for path in sorted(pathlib.Path(folder).glob("*.deb"))}


def problems_of(name, package, version, folder):
    """Everything wrong with one package whose program has the package's name."""
    listing = output("dpkg-deb", "--contents", package)
    for path in (f"./usr/bin/{name}", f"./usr/share/doc/{name}/copyright"):
        if not re.search(rf" {re.escape(path)}$", listing, re.M):
            yield f"{name}: {path} is missing"
    if re.search(r"^\S*s\S* ", re.sub(r"^d\S+ .*$", "", listing, flags=re.M), re.M):
        yield f"{name}: holds a set-uid file"
    if field(package, "Version") != version:
        yield f"{name}: version {field(package, 'Version')}, not {version}"
    root = pathlib.Path(folder) / name
    output("dpkg-deb", "--extract", package, root)
    if version not in output(root / "usr/bin" / name, "--version"):
        yield f"{name}: --version does not say {version}"


def problems(packages, arguments, folder):
    expected = {"quarrel"} if arguments.scan.upper() in OFF else {"quarrel", "quarrel-scan"}
    if set(packages) != expected:
        yield f"packages are {sorted(packages)}, not {sorted(expected)}"
    for name, package in packages.items():
        yield from problems_of(name, package, arguments.version, folder)
    needs = field(packages["quarrel"], "Depends")
    if re.search(r"llvm|clang", needs, re.I):
        yield f"quarrel must not need LLVM: {needs}"
    if "libbpf" not in needs or "libsqlite3-0" not in needs:
        yield f"quarrel: libraries are missing from Depends: {needs}"
    if "quarrel-scan" in packages and "libclang1-19" not in field(packages["quarrel-scan"], "Depends"):
        yield "quarrel-scan: libclang1-19 is missing from Depends"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--build", "--cpack", "--version", "--scan"):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            print(f"skipped: no {tool}; apt-get install {package} enables this test")
            return 77
    with tempfile.TemporaryDirectory() as folder:
        packages = build_packages(arguments, folder)
        found = list(problems(packages, arguments, folder))
    print("\n".join(found) or f"packages are right: {', '.join(sorted(packages))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
