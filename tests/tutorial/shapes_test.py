#!/usr/bin/env python3
"""Feeds the comparison outputs that measuring changes, and outputs that are wrong."""

import pathlib
import tempfile
import unittest

from documents import blocks_of, commands_of, file_name_of
from shapes import difference

TABLE = """\
on local, cpu, 1 thread, batch 1, image 64, int8 engine onednn
model     precision       size         latency    samples  vs fp32   parity  peak memory  verdict
resnet18  fp32         46.8 MB  1.12 ms ± 43 %  1269 in 3        -        -       197 MB  ok
resnet18  int8-static  11.8 MB  292 µs ± 4.7 %  2203 in 3   3.82×?  38.2 dB       206 MB  unconverged [1,2]

[1] unconverged: each process is sure of its median, and they differ
[2] no calibration data: 2 seeded random batches
"""


class Difference(unittest.TestCase):
    def assert_same(self, expected, actual):
        self.assertIsNone(difference(expected.splitlines(), actual.splitlines()))

    def assert_other(self, expected, actual, reason):
        self.assertIn(reason, difference(expected.splitlines(), actual.splitlines()) or "no difference")

    def test_figures_verdicts_and_footnotes_about_noise_may_differ(self):
        self.assert_same(TABLE, TABLE.replace("1.12 ms ± 43 %", "997 µs ± > 999 %")
                         .replace("1269 in 3", "12 in 3").replace("3.82×?", "unresolved")
                         .replace("ok", "invalid: foreign load [3]").replace("197 MB", "188 MB")
                         .replace("38.2 dB", "37.5 dB") + "[3] foreign load: others were busy\n")

    def test_rows_of_a_table_and_tables_may_come_in_any_order(self):
        lines = TABLE.splitlines()
        lines[2], lines[3] = lines[3], lines[2]
        self.assert_same(TABLE, "\n".join(lines))
        self.assert_same("one\na  b\n\ntwo\nc  d\n", "two\nc  d\n\none\na  b\n")

    def test_a_column_more_is_told(self):
        self.assert_other(TABLE, TABLE.replace("parity  peak", "parity  coverage  peak"), "coverage")

    def test_a_column_less_is_told(self):
        self.assert_other(TABLE, TABLE.replace("  samples", ""), "samples")

    def test_a_row_less_is_told(self):
        self.assert_other(TABLE, TABLE.replace(TABLE.splitlines()[3] + "\n", ""), "missing")

    def test_another_name_is_told(self):
        self.assert_other(TABLE, TABLE.replace("resnet18", "resnet50"), "resnet50")

    def test_another_count_of_processes_is_told(self):
        self.assert_other(TABLE, TABLE.replace("1269 in 3", "1269 in 4"), "in 4")

    def test_a_size_of_another_magnitude_is_told(self):
        self.assert_other(TABLE, TABLE.replace("46.8 MB", "4.68 MB"), "4680000")

    def test_decibels_far_off_are_told(self):
        self.assert_other(TABLE, TABLE.replace("38.2 dB", "8.2 dB"), "8.2")

    def test_a_footnote_that_is_not_about_noise_has_to_be_there(self):
        self.assert_other(TABLE, TABLE.replace("[2] no calibration data: 2 seeded random batches", ""),
                          "footnote")

    def test_another_wording_is_told(self):
        self.assert_other("wrote 3 measurements", "has written 3 measurements", "has written")
        self.assert_other("wrote 3 measurements", "wrote 4 measurements", "wrote 4")

    def test_output_where_none_is_shown_is_told(self):
        self.assert_other("", "removed pi", "not in the document")

    def test_an_ellipsis_stands_for_any_lines(self):
        for expected in ("a\n…\n", "…\nd\n", "a\n…\nc\n…\n", "…\n", "a\n…\nb\nc\nd\n"):
            self.assert_same(expected, "a\nb\nc\nd\n")
        for expected in ("b\n…\n", "…\nc\n", "a\n…\nx\n…\n", "a\nb\nc\n…\nb\nc\nd\n"):
            self.assertIsNotNone(difference(expected.splitlines(), ["a", "b", "c", "d"]), expected)


class Documents(unittest.TestCase):
    def blocks(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text(text, encoding="utf-8")
            return blocks_of(path)

    def test_commands_have_their_output_and_exit_status(self):
        block, = self.blocks("x\n```console\n$ one \\\n> two    # exit status 0 or 1\nout\n$ three\n```\n")
        first, second = commands_of(block)
        self.assertEqual((first.line, first.text, first.exits, first.output),
                         (3, "one \\\ntwo", (0, 1), ("out",)))
        self.assertEqual((second.line, second.text, second.exits, second.output),
                         (6, "three", (0,), ()))

    def test_a_file_is_named_by_a_comment(self):
        named, nameless = self.blocks("```yaml\n# plan.yaml\na: 1\n```\n```yaml\n# a plan\na: 1\n```\n")
        self.assertEqual((file_name_of(named), file_name_of(nameless)), ("plan.yaml", None))

    def test_a_block_without_an_end_and_output_without_a_command_are_refused(self):
        self.assertRaises(ValueError, self.blocks, "```sh\nls\n")
        block, = self.blocks("```console\nout\n```\n")
        self.assertRaises(ValueError, commands_of, block)


if __name__ == "__main__":
    unittest.main()
