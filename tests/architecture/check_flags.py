#!/usr/bin/env python3
"""Checks that the documents name only flags and commands that the programs have.

Usage: check_flags.py EDGEBENCH EDGEBENCH_AGENT ROOT_OF_THE_TREE

The examples on the help pages are checked as well. Looked at are code spans and fenced blocks: those that call one of the two programs
are checked against the --help of that very command, those that begin with a flag
against all flags that exist. Other programs' flags are not ours to check.
"""

import pathlib
import re
import subprocess
import sys

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
SPAN = re.compile(r"`([^`\n]+)`")
PROGRAM = re.compile(r"(?:^|[\s/])(edgebench(?:-agent)?)(?![\w./:-])((?:\s+[a-z]+(?=\s|$))*)(.*)")


def help_of(*command):
    done = subprocess.run([*command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} --help: {done.stdout.strip()}")
    return done.stdout


def subcommands(text):
    """Names of commands: the only small letters that begin a term of a list."""
    return re.findall(r"^  ([a-z]+)  +\S", text, re.MULTILINE)


def pages_of(program, path=()):
    """{('job', 'list'): help page, ...}"""
    pages = {path: help_of(program, *path)}
    for name in subcommands(pages[path]):
        pages.update(pages_of(program, path + (name,)))
    return pages


def without_examples(page):
    """A flag in an example is none that the command need have."""
    return re.sub(r"^Examples:\n(?:  .*\n)+", "", page, flags=re.MULTILINE)


def flags_of(pages):
    """{('job', 'list'): {'--json', ...}, ...}; a command has its parents' flags too."""
    flags = {}
    for path, page in pages.items():  # parents first
        flags[path] = set(FLAG.findall(without_examples(page))) | {"--help"}
        if path:
            flags[path] |= flags[path[:-1]]
    return flags


def examples_of(page):
    """Each call on a help page, in one line."""
    joined = re.sub(r"\\\n\s+", "", page)
    return re.findall(r"^  (edgebench.*)$", joined, re.MULTILINE)


def code_of(document):
    """(line number, code) for each code span and each line of a fenced block."""
    fenced = False
    pending, started = "", 0
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield from ((number, span) for span in SPAN.findall(line))
        else:
            started = started if pending else number
            pending += line.partition(" #")[0]
            if pending.endswith("\\"):
                pending = pending[:-1]
                continue
            yield started, pending
            pending = ""


def complaints(code, cli, agent):
    """What is wrong with one piece of code."""
    call = PROGRAM.search(code)
    if call is None:
        known = set().union(*cli.values(), *agent.values())
        first = code.split()[0] if code.split() else ""
        if FLAG.fullmatch(first.partition("=")[0]):
            return [f"no program has {flag}" for flag in FLAG.findall(code) if flag not in known]
        return []
    program, words, rest = call.groups()
    table = cli if program == "edgebench" else agent
    path = ()
    for word in words.split():
        if path + (word,) not in table:
            break
        path += (word,)
    verb = words.split()[:1]
    # A word after `edgebench` is a command, unless it stands in a sentence of output.
    if program == "edgebench" and verb and not path and code.strip().startswith(program):
        return [f"edgebench has no command {verb[0]}"]
    name = " ".join((program,) + path)
    return [f"{name} has no {flag}" for flag in FLAG.findall(rest) if flag not in table[path]]


def main():
    pages = {program: pages_of(program) for program in sys.argv[1:3]}
    cli, agent = (flags_of(pages[program]) for program in sys.argv[1:3])
    root = pathlib.Path(sys.argv[3])
    documents = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    found = []
    for document in documents:
        for number, code in code_of(document):
            found += [f"{document.relative_to(root)}:{number}: {reason}: {code.strip()}"
                      for reason in complaints(code, cli, agent)]
    for program in pages.values():
        for path, page in program.items():
            for example in examples_of(page):
                found += [f"help of {' '.join(path)}: {reason}: {example}"
                          for reason in complaints(example, cli, agent)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
