"""Feeds check_includes.py trees that break each rule."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).with_name("check_includes.py")


def run_on(files):
    """Runs the checker on a tree of {path: text}; returns (exit code, output)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, CHECKER, folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


class CheckIncludes(unittest.TestCase):
    def assert_refused(self, file, include, reason):
        code, output = run_on({file: f'int x;\n#include {include}\n'})
        self.assertEqual(code, 1, output)
        self.assertIn(f"{file}:2: ", output)
        self.assertIn(reason, output)

    def assert_allowed(self, file, include):
        code, output = run_on({file: f"#include {include}\n"})
        self.assertEqual(code, 0, output)

    def test_common_includes_nobody(self):
        self.assert_refused("common/a.h", '"db/database.h"', "may include only")
        self.assert_refused("common/a.h", '"agent/server.h"', "may include only")

    def test_db_knows_neither_agent_nor_controller(self):
        self.assert_refused("db/a.cc", '"agent/server.h"', "may include only")
        self.assert_refused("db/a.cc", '"controller/app.h"', "may include only")

    def test_agent_and_controller_never_include_each_other(self):
        self.assert_refused("agent/a.cc", '"controller/app.h"', "may include only")
        self.assert_refused("controller/a.cc", '"agent/server.h"', "may include only")
        self.assert_refused("controller/commands/a.cc", '"agent/worker/model_runner.h"',
                            "may include only")

    def test_agent_uses_the_journal_and_controller_the_results(self):
        self.assert_allowed("agent/a.cc", '"db/job_journal.h"')
        self.assert_refused("agent/a.cc", '"db/result_store.h"', "may include only")
        self.assert_allowed("controller/a.cc", '"db/result_store.h"')
        self.assert_refused("controller/a.cc", '"db/job_journal.h"', "may include only")

    def test_daemon_and_worker_are_apart(self):
        self.assert_refused("agent/a.cc", '"agent/worker/harness.h"', "nothing of the worker")
        self.assert_refused("agent/worker/a.cc", '"agent/server.h"', "may include only")
        self.assert_refused("agent/worker/a.cc", '"db/database.h"', "may include only")

    def test_libtorch_stays_in_its_two_folders(self):
        for header in ("<torch/script.h>", "<ATen/ATen.h>", "<c10/core/Device.h>"):
            self.assert_allowed("agent/worker/torch/a.cc", header)
            self.assert_allowed("agent/worker/zoo/a.cc", header)
            for file in ("agent/a.cc", "agent/worker/a.cc", "common/a.h", "controller/a.cc"):
                self.assert_refused(file, header, "LibTorch")

    def test_grpc_stays_out_of_worker_common_and_db(self):
        for header in ("<grpcpp/grpcpp.h>", '"edgebench/v1/agent.grpc.pb.h"',
                       '"common/status_grpc.h"'):
            self.assert_allowed("agent/a.cc", header)
            self.assert_allowed("controller/a.cc", header)
            for file in ("agent/worker/a.cc", "agent/worker/torch/a.cc", "common/a.h", "db/a.cc"):
                self.assert_refused(file, header, "gRPC")

    def test_sqlite_stays_in_db(self):
        self.assert_allowed("db/a.cc", "<SQLiteCpp/Database.h>")
        self.assert_refused("agent/a.cc", "<SQLiteCpp/Database.h>", "SQLite")
        self.assert_refused("controller/a.cc", "<sqlite3.h>", "SQLite")

    def test_messages_are_for_everybody(self):
        for file in ("common/a.h", "db/a.cc", "agent/worker/a.cc", "agent/a.cc"):
            self.assert_allowed(file, '"edgebench/v1/job.pb.h"')

    def test_relative_includes_are_refused(self):
        self.assert_refused("db/a.cc", '"../common/a.h"', "from the top of the tree")

    def test_an_include_with_spaces_is_seen(self):
        self.assert_refused("common/a.h", '   "db/database.h"', "may include only")

    def test_an_empty_tree_is_no_success(self):
        code, output = run_on({"common/README": ""})
        self.assertEqual(code, 1)
        self.assertIn("no sources", output)


if __name__ == "__main__":
    unittest.main()
