#!/usr/bin/env python3
"""Checks what every command prints with --json against its schema in docs/schemas.

Usage: check_commands.py FOLDER_OF_THE_PROGRAMS

A command with --json that no row of RUNS calls is a failure. So a new command is a row here, and
a file in docs/schemas where its document is a new one.
"""

import csv
import dataclasses
import json
import math
import os
import pathlib
import random
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time

from schemas import Mutations, complaints

# Of one call: what is wrong with one item of a list is wrong with all.
MOST_REASONS = 5

# What tests/golden holds of the same documents, by schema.
GOLDEN_FILES = {
    "bench.json": "bench",
    "compare.json": "compare",
    "profile.json": "bench",
    "quantize.json": "quantize",
    "results.json": "results",
    "roofline.json": "roofline",
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One call of the command line."""

    schema: str | None   # of its document; None: there is none
    call: str            # as one types it; {model} is MODEL, {folder} a folder of the test's own
    exits: tuple = (0,)  # the exit codes that are right
    says: tuple = ()     # values that are somewhere in the document
    end_at: str = ""     # SIGTERM when this is on stderr


# Small, and in one thread: several wait for each other long where a machine is busy.
MODEL = "squeezenet1_1 --image-size 64 --threads 1"
FILE = "--input 'float32[N,3,H,W]' --image-size 64 --threads 1"

# The first of its cells is that of another run.
PLAN = """
name: a plan
tags: [lab, first try]
notes: it's "quick"
models: [squeezenet1_1]
precisions: [fp32, bf16]
image-size: 64
threads: 1
k: 700
"""

RUNS = (
    # Before anything was done.
    Run("results", "results --json"),
    Run("job-list", "job list --json"),
    Run("device-list", "device list --json", says=("starts when needed",)),
    Run(None, "job show --json", exits=(2,)),
    Run(None, "compare --json", exits=(2,)),
    Run(None, "run --resume --json", exits=(2,)),
    # The device itself, and one that does not answer.
    Run("version", "version --json"),
    Run("doctor", "doctor --json", exits=(0, 1)),
    Run(None, "device add gone unix:{folder}/gone.sock --no-check"),
    Run("device-list", "device list --json", says=("ready", "unreachable")),
    Run("device-show", "device show --json"),
    Run(None, "device show gone --json", exits=(3,)),
    Run(None, "bench {model} --device gone --json", exits=(3,)),
    Run("model-list", "model list --json"),
    Run("model-show", "model show squeezenet1_1 --image-size 64 --json"),
    Run("model-show", "model show asr_lstm --brief --json"),
    # A sweep that is left in the middle, and its rest.
    Run("bench", "bench {model} --precision fp32,int8-dynamic,int8-qat --qat-steps 9 --k 8 --json",
        exits=(130,), says=("left_running",), end_at="[1/3]"),
    Run("job-show", "job show --json"),
    Run("bench", "run --resume --json", says=("fp32", "int8-dynamic", "int8-qat")),
    Run("bench", "job watch --json"),
    # What comes of cells.
    Run("bench", "bench {model} --precision int8-static,bf16 --pin 0 --nice 1 --huge-pages on"
        " --keep fp32:features.0 --k 6 --json", says=("int8-static", "bf16", "on")),
    Run("bench", "bench {model} --weights {folder}/bias.safetensors --allow-missing --k 2 --json",
        says=("bias.safetensors",)),
    Run("bench", "bench {model} --precision as-stored,fp32 --k 700 --json", exits=(2,),
        says=("refused", "ok")),
    Run("bench", "bench {model} --target cuda:77 --json", exits=(6,), says=("unsupported",)),
    Run("bench", "bench {model} --batch 3,4 --memory-limit 64MB --json", exits=(5,),
        says=("oom", "skipped")),
    Run("bench", "bench {folder}/no_model.pt " + FILE + " --json", exits=(6,),
        says=("invalid_model", "as-stored")),
    Run("bench", "bench asr_lstm --frames 40 --threads 1 --k 2 --ctc-weight 1 --json",
        says=("ok", 400000000)),
    # Scenarios.
    Run("bench", "bench {model} --cold --processes 1 --json", says=("cold",)),
    Run("bench", "bench {model} --streams 2 --max-time 1 --json", says=("throughput",)),
    Run("bench", "bench {model} --sustained 1 --telemetry-hz 20 --json", says=("sustained",)),
    # On a machine that is too busy it does not end by itself.
    Run("bench", "bench {model} --server 500ms --max-time 1 --timeout 30 --json", exits=(0, 7),
        says=("server",)),
    # Other kinds of jobs.
    Run("bench", "profile {model} --precision int8-static --k 3 --json", says=("profile",)),
    Run("roofline", "roofline {model} --precision fp32,int8-static --k 3 --json"),
    Run("bench", "job watch --json", says=("roofline",)),
    Run("job-show", "job show --json", says=("roofline",)),
    Run("quantize", "quantize {model} --precision int8-static --calibration {folder}/images.npy"
        " --min-sqnr 5 --output {folder}/int8.pt --json", says=("ok", "images.npy")),
    Run("quantize", "quantize {model} --precision int8-qat --qat-steps 2 --output {folder}/qat.pt"
        " --json", says=("adam",)),
    Run("quantize", "quantize {folder}/no_model.pt " + FILE + " --precision fp16"
        " --output {folder}/none.pt --json", exits=(6,), says=("invalid_model",)),
    Run("bench", "bench {folder}/int8.pt " + FILE + " --k 2 --json", says=("int8-static",)),
    Run("model-show", "model show {folder}/int8.pt " + FILE.replace("--threads 1", "--json")),
    # A plan.
    Run("run-plan", "run {folder}/plan.yaml --dry-run --json", says=(True, False)),
    Run("bench", "run {folder}/plan.yaml --json", says=("a plan", "lab", "it's \"quick\"")),
    # What was stored of all that.
    Run("results", "energy {folder}/meter.csv --json", says=("csv:meter.csv",)),
    Run("results", "results --json", says=("csv:meter.csv", "oom", "roofline", "quantize")),
    Run("results", "results squeezenet1_1 --latest --telemetry --json", says=("cpu worker",)),
    Run("results", "results --device gone --json"),
    Run("results", "results --tag lab --since 1h --valid --json"),
    Run("compare", "compare --json", exits=(0, 1), says=("precision",)),
    Run("compare", "compare --across run --json", exits=(0, 1), says=("run",)),
    Run("job-list", "job list --limit 100 --json", says=("ok", "unsupported", "roofline")),
    Run("report", "report --format json --title 'a report'", says=("a report", "trade_off")),
    Run(None, "report --format json --run nothing", exits=(2,)),
    # The database itself.
    Run("query", "query 'SELECT model, median_ms, engine, samples FROM latency' --json",
        says=("squeezenet1_1", None)),
    Run("query", "query 'SELECT 1 WHERE 0' --json"),
    Run(None, "query 'DELETE FROM run' --json", exits=(2,)),
    Run("db-info", "db info --json", says=("squeezenet1_1", "local")),
    Run("db-check", "db check --json", says=(True,)),
    Run(None, "db backup {folder}/copy.db"),
    Run("db-merge", "db merge {folder}/copy.db --json", says=(False, 0)),
    Run("db-merge", "db merge {folder}/copy.db --dry-run --json", says=(True, 0)),
    Run("db-prune", "db prune --failed --json", says=(False,)),
    Run("db-prune", "db prune --tag lab --yes --json", says=(True,)),
)


def help_of(program, path):
    done = subprocess.run([program, *path, "--help"], stdout=subprocess.PIPE, text=True,
                          timeout=60, check=True)
    return done.stdout


def commands_with_json(program, path=()):
    """{'bench', 'job list', ...}, as --help has them."""
    text = help_of(program, path)
    found = {" ".join(path)} if re.search(r"^ +--json\b", text, re.MULTILINE) else set()
    # Of the terms in the lists of a page, only commands begin with a small letter.
    for name in re.findall(r"^  ([a-z]+)  +\S", text, re.MULTILINE):
        found |= commands_with_json(program, path + (name,))
    return found


def is_of(words, name):
    """Whether a call is of a command, named with flags where its documents depend on them."""
    command, *flags = re.split(r" (?=--)", name)
    return (words[:len(command.split())] == command.split()
            and all(f" {flag} " in f" {' '.join(words)} " for flag in flags))


def command_of(call, commands):
    """The command that a call is of, the one with most flags; None where it is of none of these."""
    return max((name for name in commands if is_of(call.split(), name)), key=len, default=None)


def never_called(commands, runs):
    """Commands whose documents no run checks."""
    called = {command_of(run.call, commands) for run in runs
              if run.schema and "--json" in run.call.split()}
    return sorted(commands - called)


def values_of(document):
    if isinstance(document, (dict, list)):
        for part in document.values() if isinstance(document, dict) else document:
            yield from values_of(part)
    else:
        yield document


def random_floats(count):
    source = random.Random(0)
    return struct.pack(f"<{count}f", *(source.random() for _ in range(count)))


def npy(*shape):
    """A file of NumPy with an array of float32."""
    header = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode() + b"\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
            + random_floats(math.prod(shape)))


def safetensors(name, count):
    """A file with one vector of float32."""
    header = json.dumps({name: {"dtype": "F32", "shape": [count],
                                "data_offsets": [0, 4 * count]}}).encode()
    return struct.pack("<Q", len(header)) + header + random_floats(count)


class Home:
    """The home of a user who has just installed the programs, in a folder of its own."""

    def __init__(self, programs, folder):
        self._program = str(programs / "edgebench")
        self._folder = pathlib.Path(folder)
        self._started = time.time()
        self._busy_since = None
        for name in ("run", "share"):
            (self._folder / name).mkdir(mode=0o700)
        (self._folder / "no_model.pt").write_text("no model\n", encoding="utf-8")
        (self._folder / "bias.safetensors").write_bytes(safetensors("classifier.1.bias", 1000))
        (self._folder / "images.npy").write_bytes(npy(4, 3, 64, 64))
        (self._folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
        self._environment = {
            "HOME": folder, "XDG_DATA_HOME": f"{folder}/share", "XDG_RUNTIME_DIR": f"{folder}/run",
            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "OMP_WAIT_POLICY": "passive",
        }

    def call(self, run):
        """(exit code, stdout, stderr) of a run."""
        if run.call.startswith("bench") and self._busy_since is None:
            self._busy_since = time.time()
        if "meter.csv" in run.call:
            self._write_meter()
        words = shlex.split(run.call.replace("{model}", MODEL).replace("{folder}",
                                                                       str(self._folder)))
        errors = self._folder / "stderr"
        with open(errors, "wb") as sink, subprocess.Popen(
                [self._program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=sink, env=self._environment, cwd=self._folder, text=True) as process:
            try:
                if run.end_at:
                    self._end(process, errors, run.end_at)
                out, _ = process.communicate(timeout=120)
            except BaseException:
                process.kill()
                raise
        return process.returncode, out, errors.read_text(encoding="utf-8", errors="replace")

    @staticmethod
    def _end(process, errors, text):
        end = time.monotonic() + 60
        while text.encode() not in errors.read_bytes() and process.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"'{text}' is not on stderr")
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)

    def _write_meter(self):
        """The log of a meter that has shown 2 W, and about 7 W since something was measured."""
        with open(self._folder / "meter.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["time", "watts"])
            for tenth in range(int((time.time() - self._started) * 10)):
                moment = self._started + tenth / 10
                rows.writerow([moment, 2 if moment < self._busy_since else 7 + tenth % 2 / 10])

    def end_agent(self):
        """Ends the agent that the command line started, which ends its worker."""
        lock = self._folder / "share" / "edgebench" / "agent" / "lock"
        try:
            pid = int(lock.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return
        for ending in (signal.SIGTERM, signal.SIGKILL):
            if self._is_our_agent(pid):
                os.kill(pid, ending)
            end = time.monotonic() + 20
            while self._is_our_agent(pid) and time.monotonic() < end:
                time.sleep(0.05)

    def _is_our_agent(self, pid):
        try:
            return str(self._folder).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False


def check(run, home, mutations):
    """What is wrong with one run."""
    code, out, errors = home.call(run)
    last_words = errors.strip()[-300:]
    if code not in run.exits:
        return [f"exit code {code}: {last_words}"]
    if run.schema is None:
        return [f"a document on stdout: {out[:200]}"] if out else []
    try:
        document = json.loads(out)
    except ValueError as error:
        return [f"no JSON on stdout: {error}; stderr: {last_words}"]
    found = complaints(run.schema, document)
    values = set(values_of(document))
    found += [f"nowhere {json.dumps(value)}" for value in run.says if value not in values]
    if not found:
        found += [f"not refused when damaged: {place}"
                  for place in mutations.accepted(run.schema, document)]
    return found


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    commands = commands_with_json(str(programs / "edgebench"))
    found = [f"edgebench {name} has --json, and no row of RUNS checks its document"
             for name in never_called(commands, RUNS)]
    mutations = Mutations()
    with tempfile.TemporaryDirectory(prefix="eb-") as folder:
        home = Home(programs, folder)
        try:
            for run in RUNS:
                begin = time.monotonic()
                wrong = check(run, home, mutations)
                print(f"{time.monotonic() - begin:5.1f} s  {run.call}", flush=True)
                if len(wrong) > MOST_REASONS:
                    wrong[MOST_REASONS:] = [f"and {len(wrong) - MOST_REASONS} more"]
                found += [f"edgebench {run.call} ({run.schema}.schema.json): {reason}"
                          for reason in wrong]
        finally:
            home.end_agent()
    print(f"{len(RUNS)} calls of {len(commands)} commands, {mutations.count} damages refused")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
