"""A shell of a new user, in a folder of its own."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time

MARK = "EDGEBENCH_TEST_SESSION"
# As the documents call the user's home; as long as the real one, so that tables stay even.
HOME = "/home/christabella"


class Session:
    """Runs commands one after another in one bash. Ends all that they left running."""

    def __init__(self, programs):
        self._temporary = tempfile.TemporaryDirectory(prefix="eb-")
        self.folder = pathlib.Path(self._temporary.name)
        self.home = self.folder / "h"
        self._log = self.folder / "log"
        for folder in (self.home, self._log, self.folder / "run"):
            folder.mkdir(mode=0o700)
        self._count = 0
        environment = {
            "HOME": str(self.home), "XDG_DATA_HOME": f"{self.home}/.local/share",
            "XDG_RUNTIME_DIR": f"{self.folder}/run", "PATH": f"{programs}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC", "OMP_WAIT_POLICY": "passive",
            MARK: self._temporary.name,
        }
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment, cwd=self.home, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._shell.stdin.close()
        try:
            self._end_all()
        finally:
            self._shell.wait(timeout=20)
            self._temporary.cleanup()

    def run(self, command, timeout):
        """(exit code, a function that returns the lines of stdout, or of stderr where there are none)"""
        self._count += 1
        out, err, code = (self._log / f"{self._count}.{name}" for name in ("out", "err", "code"))
        self._shell.stdin.write(f"{{\n{command}\n}} >{out} 2>{err} </dev/null\n"
                                f"echo $? >{code}.part; mv {code}.part {code}\n")
        self._shell.stdin.flush()
        end = time.monotonic() + timeout
        while not code.exists():
            if self._shell.poll() is not None:
                raise RuntimeError(f"the shell has ended in: {command}")
            if time.monotonic() > end:
                raise TimeoutError(f"no end after {timeout} s: {command}")
            time.sleep(0.01)
        return int(code.read_text()), lambda: self._lines(out) or self._lines(err)

    def file(self, name, text):
        """Writes a file into the folder that the shell is in."""
        pathlib.Path(os.readlink(f"/proc/{self._shell.pid}/cwd"), name).write_text(
            text, encoding="utf-8")

    def _lines(self, path):
        text = path.read_text(encoding="utf-8", errors="replace")
        return text.replace(str(self.home), HOME).rstrip("\n").splitlines()

    def _ours(self):
        mark = f"{MARK}={self.folder}".encode()
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and mark in pathlib.Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                    yield int(entry)
            except OSError:
                pass  # ended meanwhile, or somebody else's

    def _end_all(self):
        for ending, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
            end = time.monotonic() + patience
            for pid in self._ours():
                try:
                    os.kill(pid, ending)
                except ProcessLookupError:
                    pass
            while any(True for _ in self._ours()):
                self._shell.poll()
                if time.monotonic() > end:
                    break
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"still running: {list(self._ours())}")
