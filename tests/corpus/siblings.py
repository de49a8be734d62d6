"""Which other mirrored project does a tree include, and as of when?"""
import functools
import pathlib
import re
import subprocess

from trees import export_tree, mirror_of

FOREIGN_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"](([\w-]+)/[^>"]+\.h)[>"]', re.M)


def sibling_trees(mirrors, repo, sha, tree, work):
    """Trees of the projects that the tree includes, as they were when it was committed."""
    date = git(mirror_of(mirrors, repo), "log", "-1", "--format=%cI", sha)
    found = []
    for folder, header in sorted(foreign_includes(tree).items()):
        for mirror in sorted(pathlib.Path(mirrors).glob("*/repo")):
            if folder in top_folders(mirror) and git(mirror, "ls-tree", "HEAD", header):
                commit = git(mirror, "rev-list", "-1", f"--before={date}", "HEAD")
                name = mirror.parent.name.replace("+", "/")
                found.append(export_tree(mirrors, name, commit, work) if commit else None)
    return [each for each in dict.fromkeys(found) if each]


@functools.lru_cache
def top_folders(mirror):
    return set(git(mirror, "ls-tree", "--name-only", "HEAD").split("\n"))


@functools.lru_cache
def foreign_includes(tree):
    """First folder of an include path that the tree itself lacks -> the header most included."""
    counts = {}
    for path in tree.rglob("*"):
        if path.suffix in (".h", ".hpp", ".cc", ".cpp") and path.is_file():
            for header, folder in FOREIGN_INCLUDE.findall(path.read_text(errors="replace")):
                headers = counts.setdefault(folder, {})
                headers[header] = headers.get(header, 0) + 1
    return {folder: max(headers, key=lambda each: (headers[each], each))
            for folder, headers in counts.items() if not (tree / folder).is_dir()}


def git(mirror, *words):
    done = subprocess.run(["git", f"--git-dir={mirror}", *words], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip()
