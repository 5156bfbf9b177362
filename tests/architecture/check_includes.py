#!/usr/bin/env python3
"""Checks who includes whom.

    proto <- common <- {db, agent, controller} <- tests

Prints one line per violation, and exits 1 if there is any.
Usage: check_includes.py ROOT_OF_THE_TREE
"""

import dataclasses
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
FOLDERS = ("common", "db", "agent", "controller", "tests")

LIBTORCH = ("torch/", "ATen/", "c10/", "caffe2/")
# The one file of common/ that knows gRPC is a library of its own.
STATUS_GRPC = "common/status_grpc."
GRPC = ("grpc/", "grpcpp/", STATUS_GRPC)
SQLITE = ("SQLiteCpp/", "sqlite3")


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of the tree: where it lies and what of the tree it may include."""

    path: str
    may_include: tuple  # prefixes; messages (edgebench/v1/*.pb.h) are for all
    libtorch: bool = False
    grpc: bool = False
    sqlite: bool = False


# The first part whose path is a prefix of the file's counts.
PARTS = (
    Part(STATUS_GRPC, ("common/",), grpc=True),
    Part("common/", ("common/",)),
    Part("db/", ("common/", "db/"), sqlite=True),
    Part("agent/worker/torch/", ("common/", "agent/worker/"), libtorch=True),
    Part("agent/worker/zoo/", ("common/", "agent/worker/"), libtorch=True),
    Part("agent/worker/", ("common/", "agent/worker/")),
    Part("agent/", ("common/", "agent/", "db/job_journal.h", "db/database.h"), grpc=True),
    Part("controller/", ("common/", "controller/", "db/maintenance.h", "db/query.h", "db/result_store.h"), grpc=True),
    Part("tests/", FOLDERS, libtorch=True, grpc=True, sqlite=True),
)
# The daemon and its workers share nothing but messages and common/.
NEVER = (("agent/", "agent/worker/", "agent/worker/"),)


def part_of(file):
    return next(part for part in PARTS if file.startswith(part.path))


def violation(file, header):
    """Why this file may not include this header, or None."""
    part = part_of(file)
    if header.startswith(LIBTORCH) and not part.libtorch:
        return "LibTorch's headers belong under agent/worker/torch/ and agent/worker/zoo/"
    if (header.startswith(GRPC) or header.endswith(".grpc.pb.h")) and not part.grpc:
        return "gRPC belongs to the daemon and the controller only"
    if header.startswith(SQLITE) and not part.sqlite:
        return "SQLite belongs under db/"
    for includer, exempt, forbidden in NEVER:
        if (file.startswith(includer) and not file.startswith(exempt)
                and header.startswith(forbidden)):
            return "the daemon includes nothing of the worker"
    in_tree = header.startswith(tuple(folder + "/" for folder in FOLDERS))
    if in_tree and not header.startswith(part.may_include):
        return f"{part.path} may include only {', '.join(part.may_include)} and messages"
    if ".." in pathlib.PurePosixPath(header).parts:
        return "includes are written from the top of the tree"
    return None


def check(root):
    """All violations below root, as 'file:line: reason', and the number of files read."""
    found = []
    files = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".cc", ".h"):
                continue
            files += 1
            file = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                reason = match and violation(file, match.group(1))
                if reason:
                    found.append(f"{file}:{number}: {match.group(1)}: {reason}")
    return found, files


def main():
    root = pathlib.Path(sys.argv[1])
    found, files = check(root)
    for line in found:
        print(line)
    if files == 0:
        print(f"no sources below {root}")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
