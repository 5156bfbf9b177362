"""Builds a program that needs a library only indirectly, and sees it refused."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).with_name("check_links.py")


def compile_with(*arguments):
    subprocess.run([os.environ.get("CXX", "c++"), *arguments], check=True, timeout=60)


def run_checker(*arguments):
    done = subprocess.run([sys.executable, CHECKER, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


class CheckLinks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def write(self, name, text):
        (self.path / name).write_text(text, encoding="utf-8")
        return str(self.path / name)

    def build_chain(self):
        """A program that needs libmiddle, which needs libtorch_pretended."""
        flags = ["-shared", "-fPIC", f"-L{self.path}", f"-Wl,-rpath,{self.path}"]
        inner = self.write("inner.cc", "int Inner() { return 1; }\n")
        middle = self.write("middle.cc", "int Inner(); int Middle() { return Inner(); }\n")
        main = self.write("main.cc", "int Middle(); int main() { return Middle(); }\n")
        compile_with(*flags, inner, "-o", str(self.path / "libtorch_pretended.so"))
        compile_with(*flags, middle, "-ltorch_pretended", "-o", str(self.path / "libmiddle.so"))
        program = str(self.path / "program")
        compile_with(main, f"-L{self.path}", "-lmiddle", f"-Wl,-rpath,{self.path}",
                     f"-Wl,-rpath-link,{self.path}", "-o", program)
        return program

    def test_a_library_needed_by_a_library_is_found(self):
        code, output = run_checker(self.build_chain(), "libtorch", "libc10")
        self.assertEqual(code, 1, output)
        self.assertIn("depends on libtorch_pretended.so", output)

    def test_a_program_without_it_passes(self):
        code, output = run_checker(self.build_chain(), "libgrpc")
        self.assertEqual(code, 0, output)

    def test_a_missing_library_is_an_error_of_its_own(self):
        program = self.build_chain()
        (self.path / "libtorch_pretended.so").unlink()
        code, output = run_checker(program, "libgrpc")
        self.assertEqual(code, 2, output)
        self.assertIn("not installed", output)

    def test_a_missing_program_is_an_error(self):
        code, _ = run_checker(str(self.path / "nothing"), "libgrpc")
        self.assertEqual(code, 2)


if __name__ == "__main__":
    unittest.main()
