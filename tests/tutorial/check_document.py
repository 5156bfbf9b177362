#!/usr/bin/env python3
"""Runs what a document shows, and compares what comes of it.

Usage: check_document.py FOLDER_OF_THE_PROGRAMS DOCUMENT [--update]

In order: each command of a console block runs in one shell of a new user. Its exit code has to be 0, or
what the document says by '# exit status N'; what it prints has to have the shape of what
is shown (shapes.py), where a line '…' stands for any lines. Shown is stdout, and stderr where a command prints
nothing else. A YAML block whose first line is a comment with a file's name is that file; any other
is a plan that `edgebench run --dry-run` accepts. All other blocks are for readers only.

--update writes what was printed into the document, where no '…' stands.
"""

import pathlib
import sys
import time

from documents import ELLIPSIS, blocks_of, commands_of, file_name_of
from session import Session
from shapes import difference

SECONDS_OF_A_COMMAND = 180
SECONDS_OF_A_START = 30


def wait_for(shown, lines):
    """What a program in the background has printed, once it is as shown."""
    end = time.monotonic() + SECONDS_OF_A_START
    while difference(shown, lines()) is not None and time.monotonic() < end:
        time.sleep(0.05)
    return lines()


class Check:
    """Of one document."""

    def __init__(self, session, path):
        self._session = session
        self._path = path
        self.found = []
        self.updates = []  # (first line, count of lines, new lines)

    def block(self, block):
        if block.language == "console":
            for command in commands_of(block):
                self._command(command)
        elif block.language == "yaml":
            name = file_name_of(block)
            self._session.file(name or "plan-of-a-block.yaml", block.text)
            if name is None:
                self._run(block.line, "edgebench run plan-of-a-block.yaml --dry-run", (0,))

    def _complain(self, line, reason):
        self.found.append(f"{self._path}:{line}: {reason}")

    def _run(self, line, text, exits):
        code, lines = self._session.run(text, SECONDS_OF_A_COMMAND)
        if code not in exits:
            self._complain(line, f"exit status {code}: {text}")
            for said in lines()[:20]:
                self.found.append(f"    {said}")
        return lines

    def _command(self, command):
        begin = time.monotonic()
        lines = self._run(command.line, command.text, command.exits)
        got = wait_for(command.output, lines) if command.text.endswith("&") else lines()
        print(f"{time.monotonic() - begin:5.1f} s  {command.text}", flush=True)
        if not any(line.strip() == ELLIPSIS for line in command.output):
            # The empty line that parts it from the next prompt.
            tail = [""] if command.output and not command.output[-1].strip() else []
            self.updates.append((command.first, len(command.output), got + tail))
        reason = difference(command.output, got)
        if reason:
            self._complain(command.line, f"{command.text}: {reason}")
            self.found.extend(f"    {said}" for said in got[:40])


def update(path, updates):
    lines = path.read_text(encoding="utf-8").splitlines()
    for first, count, new in sorted(updates, reverse=True):
        lines[first - 1:first - 1 + count] = new
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    programs, path = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    with Session(programs) as session:
        check = Check(session, path)
        for block in blocks_of(path):
            check.block(block)
    if sys.argv[3:] == ["--update"]:
        update(path, check.updates)
    for line in check.found:
        print(line)
    return 1 if check.found else 0


if __name__ == "__main__":
    sys.exit(main())
