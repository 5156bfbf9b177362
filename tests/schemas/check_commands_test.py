"""Feeds check_commands.py a small program that prints what no schema allows."""

import pathlib
import tempfile
import unittest

from check_commands import Run, Home, check, commands_with_json, never_called
from schemas import Mutations

PROGRAM = """#!/bin/sh
case "$*" in
  '--help') printf 'Measure:\\n  job       jobs\\n\\nOther:\\n  version   versions\\n' ;;
  'job --help') printf 'Commands:\\n  list      all jobs\\n  cancel    end one\\n' ;;
  'job list --help' | 'version --help') printf 'Options:\\n  --json    one document\\n' ;;
  'job cancel --help') printf 'Options:\\n  --force   without --json\\n' ;;
  'job list --json') printf '{"schema_version": 1, "jobs": []}\\n' ;;
  'version --json') printf '{"schema_version": 1, "version": null}\\n' ;;
  *) echo 'what is that?' >&2; exit 2 ;;
esac
"""


class CheckCommands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.programs = pathlib.Path(folder.name) / "bin"
        self.programs.mkdir()
        self.program = self.programs / "edgebench"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)
        place = pathlib.Path(folder.name) / "home"
        place.mkdir()
        self.home = Home(self.programs, str(place))

    def complaints_of(self, run):
        return check(run, self.home, Mutations())

    def test_commands_are_found_in_commands(self):
        self.assertEqual(commands_with_json(str(self.program)), {"job list", "version"})

    def test_a_command_without_a_run_is_seen(self):
        commands = {"job list", "version", "query"}
        runs = [Run("version", "version --json"), Run(None, "query --json", exits=(2,)),
                Run("job-list", "job list --limit 1")]
        self.assertEqual(never_called(commands, runs), ["job list", "query"])

    def test_a_document_of_its_schema_passes(self):
        self.assertEqual(self.complaints_of(Run("job-list", "job list --json")), [])

    def test_a_document_of_another_schema_is_refused_with_the_place(self):
        found = self.complaints_of(Run("version", "version --json"))
        self.assertIn("$.version: None is not of type 'string'", found)
        self.assertIn("$: 'platform' is a required property", found)

    def test_what_a_document_is_to_say_is_looked_for(self):
        found = self.complaints_of(Run("job-list", "job list --json", says=("oom",)))
        self.assertEqual(found, ['nowhere "oom"'])

    def test_another_exit_code_is_refused_with_the_last_words(self):
        found = self.complaints_of(Run("job-list", "job lits --json"))
        self.assertEqual(found, ["exit code 2: what is that?"])

    def test_a_document_where_there_should_be_none_is_refused(self):
        found = self.complaints_of(Run(None, "job list --json"))
        self.assertIn("a document on stdout", found[0])

    def test_no_document_where_there_should_be_one_is_refused(self):
        found = self.complaints_of(Run("job-list", "job lits --json", exits=(2,)))
        self.assertIn("no JSON on stdout", found[0])


if __name__ == "__main__":
    unittest.main()
