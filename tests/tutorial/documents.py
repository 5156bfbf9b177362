"""Fenced blocks of Markdown, and the commands in those that show a terminal."""

import dataclasses
import pathlib
import re

EXIT_STATUS = re.compile(r"\s+# exit status (\d+)(?: or (\d+))?$")
ELLIPSIS = "…"


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block."""

    line: int      # of its first line in the document, from 1
    language: str
    lines: tuple

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


@dataclasses.dataclass(frozen=True)
class Command:
    """What one types behind a prompt, and what is shown below it."""

    line: int       # of the prompt
    text: str
    exits: tuple    # the exit codes that are right
    first: int      # line of the output's first line
    output: tuple   # lines


def blocks_of(path):
    """All fenced blocks of a document."""
    found, language, start, lines = [], None, 0, []
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, start, lines = line[3:].strip(), number + 1, []
        else:
            found.append(Block(start, language, tuple(lines)))
            language = None
    if language is not None:
        raise ValueError(f"{path}:{start - 1}: the block has no end")
    return found


def file_name_of(block):
    """The name in a first line such as '# plan.yaml'; None without one."""
    named = re.fullmatch(r"# ([\w-]+\.ya?ml)", block.lines[0]) if block.lines else None
    return named.group(1) if named else None


def commands_of(block):
    """The commands of a block of a terminal: '$ ' begins one, '> ' goes on with it."""
    commands, lines = [], list(block.lines)
    if not lines or not lines[0].startswith("$ "):
        raise ValueError(f"line {block.line}: a console block begins with '$ '")
    position = 0
    while position < len(lines):
        line, typed = block.line + position, [lines[position][2:]]
        position += 1
        while position < len(lines) and lines[position].startswith("> "):
            typed.append(lines[position][2:])
            position += 1
        first = position
        while position < len(lines) and not lines[position].startswith("$ "):
            position += 1
        text, exits = "\n".join(typed), (0,)
        stated = EXIT_STATUS.search(text)
        if stated:
            exits = tuple(int(code) for code in stated.groups() if code)
            text = text[:stated.start()]
        commands.append(Command(line, text, exits, block.line + first,
                                tuple(lines[first:position])))
    return commands
