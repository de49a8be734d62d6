"""How does a commit of a mirror become a folder of files?"""
import pathlib
import subprocess


def mirror_of(mirrors, repo):
    return pathlib.Path(mirrors) / repo.replace("/", "+") / "repo"


def export_tree(mirrors, repo, sha, work):
    """The folder with the files of the commit; exported once, and reused. None if unknown."""
    folder = work / "trees" / sha[:12]
    if folder.exists():
        return folder
    git = ["git", f"--git-dir={mirror_of(mirrors, repo)}"]
    if subprocess.run([*git, "cat-file", "-e", f"{sha}^{{commit}}"], capture_output=True,
                      check=False).returncode:
        return None
    part = folder.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    if not extract_archive(git, sha, part):
        extract_blobs(git, sha, part)
    part.rename(folder)
    return folder


def extract_archive(git, sha, folder):
    archive = subprocess.Popen([*git, "archive", sha], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    unpacked = subprocess.run(["tar", "x", "-C", folder], stdin=archive.stdout,
                              stderr=subprocess.DEVNULL, check=False)
    archive.stdout.close()
    return archive.wait() == 0 and unpacked.returncode == 0


def extract_blobs(git, sha, folder):
    """Blob by blob: `git archive` stops at the first blob that the mirror lacks."""
    listing = subprocess.run([*git, "ls-tree", "-r", "-z", sha], capture_output=True, check=True)
    batch = subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for entry in listing.stdout.decode(errors="surrogateescape").split("\0"):
        if not entry or entry.split()[1] != "blob":
            continue
        path = folder / entry.split("\t", 1)[1]
        if not path.exists() or path.is_file():  # a link may have come with the archive
            write_blob(batch, entry.split()[2], path)
    batch.stdin.close()
    batch.wait()


def write_blob(batch, blob, path):
    batch.stdin.write(blob.encode() + b"\n")
    batch.stdin.flush()
    words = batch.stdout.readline().split()
    if words[-1] == b"missing":
        return
    content = batch.stdout.read(int(words[2]) + 1)[:-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
