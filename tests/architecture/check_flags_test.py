"""Feeds check_flags.py documents that name what two small programs do not have."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).with_name("check_flags.py")

CLI = """#!/bin/sh
case "$1" in
  job) case "$2" in
    list) echo "  --json     one document" ;;
    *) printf 'Commands:\\n  list      all jobs\\n' ;;
    esac ;;
  bench) printf 'Examples:\\n  edgebench bench x %s\\n\\nOptions:\\n  --precision TEXT\\n' "$EXAMPLE" ;;
  *) printf '  --db PATH\\n\\nMeasure:\\n  bench     measure\\n\\nLook:\\n  job       jobs\\n' ;;
esac
"""
AGENT = "#!/bin/sh\necho '  --listen ADDRESS'\n"


def check(text, example=""):
    """Runs the checker on a README, with a flag in an example of bench; returns (exit code, output)."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        programs = []
        for name, script in (("edgebench", CLI), ("edgebench-agent", AGENT)):
            program = root / name
            program.write_text(script, encoding="utf-8")
            program.chmod(0o755)
            programs.append(str(program))
        (root / "README.md").write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, CHECKER, *programs, folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
                              env={**os.environ, "EXAMPLE": example})
    return done.returncode, done.stdout


class CheckFlags(unittest.TestCase):
    def assert_refused(self, text, reason):
        code, output = check(text)
        self.assertEqual(code, 1, output)
        self.assertIn(reason, output)

    def assert_allowed(self, text):
        code, output = check(text)
        self.assertEqual(code, 0, output)

    def test_flags_that_exist_pass(self):
        self.assert_allowed("`edgebench bench M --precision fp32 --db F` and `--listen`")
        self.assert_allowed("```sh\nbuild/release/bin/edgebench job list --json\n```\n")

    def test_what_a_program_says_is_no_call_of_it(self):
        self.assert_allowed("```console\n$ edgebench bench M\nedgebench: --precision: no M\n```\n")

    def test_a_flag_of_another_command_is_refused(self):
        self.assert_refused("`edgebench bench M --json`", "edgebench bench has no --json")

    def test_a_flag_of_a_command_within_a_command_is_checked(self):
        self.assert_refused("`edgebench job list --precision x`",
                            "edgebench job list has no --precision")

    def test_a_flag_on_a_continued_line_is_seen_at_the_line_of_its_command(self):
        self.assert_refused("```\nedgebench bench M \\\n  --nothing\n```\n", "README.md:2: ")

    def test_a_command_that_is_not_there_is_refused(self):
        self.assert_refused("`edgebench frobnicate`", "no command frobnicate")

    def test_a_flag_alone_must_exist_somewhere(self):
        self.assert_refused("say `--frobnicate`", "no program has --frobnicate")

    def test_the_agents_flags_are_its_own(self):
        self.assert_refused("`edgebench-agent --db x`", "edgebench-agent has no --db")

    def test_flags_of_other_programs_are_left_alone(self):
        self.assert_allowed("`cmake --preset release` and `edgebench-worker --nothing`")

    def test_a_flag_in_an_example_of_a_help_page_must_exist(self):
        code, output = check("", example="--frobnicate")
        self.assertEqual(code, 1, output)
        self.assertIn("help of bench: edgebench bench has no --frobnicate", output)
        self.assertEqual(check("", example="--precision fp32")[0], 0)

    def test_comments_in_blocks_are_no_code(self):
        self.assert_allowed("```sh\nedgebench bench M   # not --precisions\n```\n")


if __name__ == "__main__":
    unittest.main()
