"""Whether two outputs of a command are the same but for what a measurement changes.

Words, names, columns, counts and the places of all of them have to agree. Latencies, verdicts, times and
identifiers may be others; sizes may differ by a factor, decibels by some.
"""

import dataclasses
import itertools
import re

from documents import ELLIPSIS

# Peak memory depends on the machine, and on what else lies in its caches; the size of a database on its pages.
BYTES_FACTOR = 2.0
# Another processor rounds otherwise.
DECIBELS = 6.0

# Footnotes that come and go with what else the machine is doing.
NOISE = ("unsettled:", "foreign load:", "unconverged:", "speed-up in doubt:", "steal:", "throttled:",
         "swapped:", "clock changed:")

FOOTNOTE = re.compile(r"\[\d+\] (.*)")
SCALE = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
ANY_SPEED = re.compile(r"\d[\d.]*×\??|unresolved|no difference resolved")
MASKS = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?Z?)?"), "<time>"),
    (re.compile(r"\bpid \d+"), "pid <n>"),
    (re.compile(r"\b(?:onednn|x86|fbgemm|qnnpack)\b"), "<engine>"),
    (re.compile(r"± (?:> )?[\d.]+ %"), "± <share>"),
    (re.compile(r"(?<![\d.])\d+(?:\.\d+)? (?:ns|µs|ms|s|min|h)\b"), "<duration>"),
    (re.compile(r"\b\d+(?= samples\b)"), "<n>"),
    (re.compile(r"(?<![\d.])\d+\.\d+\.\d+(?![\d.])"), "<version>"),
    (re.compile(r"(?:> )?(?<![\d.])\d+\.\d+(?![\d.])"), "<decimal>"),
)
QUANTITY = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?) (B|kB|MB|GB|TB|dB)\b")
# Of these the last column, or what stands behind the label, is the machine's.
MACHINES_COLUMNS = ("verdict", "processor")
MACHINES_LABELS = ("verdict", "schema")


@dataclasses.dataclass(frozen=True)
class Shape:
    """A line without what may change, and the quantities that may change a little."""

    text: str
    quantities: tuple

    def fits(self, other):
        return self.text == other.text and all(
            near(unit, one, two)
            for (one, unit), (two, _) in zip(self.quantities, other.quantities))


def near(unit, one, two):
    if unit == "dB":
        return abs(one - two) <= DECIBELS
    one, two = one or 1, two or 1
    return max(one, two) <= BYTES_FACTOR * min(one, two)


def cells_of(line):
    return re.split(r"\s{2,}", line.strip())


def shape_of_cell(cell, quantities):
    if ANY_SPEED.fullmatch(cell):
        return "<speed>"

    def take(found):
        unit = found.group(2)
        quantities.append((float(found.group(1)) * SCALE.get(unit, 1), "dB" if unit == "dB" else "B"))
        return "<dB>" if unit == "dB" else "<bytes>"

    cell = QUANTITY.sub(take, cell)
    for pattern, mask in MASKS:
        cell = pattern.sub(mask, cell)
    return cell


class Reader:
    """Makes shapes of lines; a table's header says which of its columns are the machine's."""

    def __init__(self):
        self._header = []

    def shape(self, line):
        cells, quantities = cells_of(line), []
        if len(cells) > 2 and cells[-1] in MACHINES_COLUMNS:
            self._header = cells
            return Shape("|".join(cells), ())
        if len(cells) == len(self._header):
            cells[-1] = "<machine>"
            if "samples" in self._header:
                column = self._header.index("samples")
                cells[column] = re.sub(r"^\d+", "<n>", cells[column])
        if cells[0] in MACHINES_LABELS:
            cells[1:] = ["<machine>"] * len(cells[1:])
        return Shape("|".join([shape_of_cell(cell, quantities) for cell in cells]),
                     tuple(quantities))


def shapes_of(lines):
    """(shapes of the lines that are not blank, with None for a gap; texts of the footnotes)"""
    shapes, notes, reader = [], set(), Reader()
    for line in lines:
        note = FOOTNOTE.fullmatch(line)
        if note:
            notes.add(shape_of_cell(note.group(1), []))
        elif line.strip() == ELLIPSIS:
            shapes.append(None)
        elif line.strip():
            shapes.append(reader.shape(line))
    return shapes, notes


def rank(shape):
    return shape.text, shape.quantities


def in_order(lines):
    """The shapes of all lines, rows and tables in an order of their own: processes end in any."""
    paragraphs = []
    for blank, group in itertools.groupby(lines, key=lambda line: not line.strip()):
        if not blank:
            shapes, _ = shapes_of(group)
            paragraph = []
            for cells, rows in itertools.groupby(shapes, key=lambda row: row.text.count("|")):
                paragraph += sorted(rows, key=rank) if cells >= 3 else rows
            paragraphs.append(paragraph)
    paragraphs.sort(key=lambda paragraph: [rank(shape) for shape in paragraph])
    return [shape for paragraph in paragraphs for shape in paragraph]


def first_difference(expected, actual):
    for one, two in zip(expected, actual):
        if not one.fits(two):
            return f"expected {one.text!r} {one.quantities}, got {two.text!r} {two.quantities}"
    if len(expected) > len(actual):
        return f"missing: {expected[len(actual)].text!r}"
    if len(expected) < len(actual):
        return f"not in the document: {actual[len(expected)].text!r}"
    return None


def begins(parts, shapes, at):
    return at + len(parts) <= len(shapes) and all(
        part.fits(shape) for part, shape in zip(parts, shapes[at:]))


def difference_with_gaps(expected, actual):
    """As first_difference, where a None stands for any lines."""
    runs, run = [], []
    for shape in expected + [None]:
        if shape is None:
            runs.append(run)
            run = []
        else:
            run.append(shape)
    head, middle, tail = runs[0], runs[1:-1], runs[-1]
    if not begins(head, actual, 0):
        return first_difference(head, actual[:len(head)])
    end = len(actual) - len(tail)
    if end < len(head):
        return f"{len(head) + len(tail)} lines are shown and {len(actual)} printed"
    if not begins(tail, actual, end):
        return first_difference(tail, actual[end:])
    at = len(head)
    for part in middle:
        while at + len(part) <= end and not begins(part, actual, at):
            at += 1
        if at + len(part) > end:
            return f"nowhere {part[0].text!r} and the {len(part) - 1} lines after it"
        at += len(part)
    return None


def difference(expected, actual):
    """What distinguishes two lists of lines, one sentence; None: nothing that counts."""
    (shapes, notes), (got, got_notes) = shapes_of(expected), shapes_of(actual)
    if None in shapes:
        return difference_with_gaps(shapes, got)
    odd = sorted(note for note in notes ^ got_notes if not note.startswith(NOISE))
    if odd:
        return f"a footnote on one side only: {odd[0]}"
    return first_difference(in_order(expected), in_order(actual))
