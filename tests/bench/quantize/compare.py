"""Quantizes the same models by edgebench and by PyTorch's own tooling, and prints a table.

    compare.py BUILD_DIR SCRATCH_DIR [RUNS]

Both sides are given the same weights, data, engine and threads, in turns; times are medians.
Bounds are those of docs/quantization.md.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SEEDS = (0, 1, 2)  # as in models.py, which needs torch
HERE = pathlib.Path(__file__).parent
THREADS = min(2, os.cpu_count() or 1)
DATA_LIMIT_KIB = 450 * 1000 * 1000 // 1024


class Bench:
    def __init__(self, build, scratch, runs):
        self.programs = pathlib.Path(build).resolve() / "bin"
        self.scratch = pathlib.Path(scratch)
        self.runs = runs
        self.environment = {**os.environ, "XDG_DATA_HOME": str(self.scratch / "data"),
                            "XDG_RUNTIME_DIR": str(self.scratch)}
        self.rows = []

    def python(self, script, *arguments, check=True, limited=False):
        # Debian's torch belongs to Debian's Python.
        command = ["/usr/bin/python3", str(HERE / script), *map(str, arguments)]
        if limited:
            command = ["bash", "-c", f'ulimit -d {DATA_LIMIT_KIB}; exec "$@"', "bash", *command]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**self.environment, "OMP_NUM_THREADS": str(THREADS)})
        if check and done.returncode != 0:
            raise SystemExit(f"{script} {arguments}: {done.stderr[-2000:]}")
        return done

    def pytorch(self, *arguments):
        return json.loads(self.python("pytorch.py", *arguments).stdout)

    def edgebench(self, *arguments):
        done = subprocess.run([str(self.programs / "edgebench"), *map(str, arguments), "--json"],
                              capture_output=True, text=True, check=False, env=self.environment)
        if done.returncode != 0:
            raise SystemExit(f"edgebench {arguments}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
        return json.loads(done.stdout)

    def file(self, name):
        return self.scratch / name

    def row(self, what, measured, bound, reached):
        self.rows.append((what, measured, bound, "yes" if reached else "NO"))

    def quantize(self, model, precision, engine, spec, out, *more):
        return self.edgebench("quantize", self.file(model), "--precision", precision, "--engine",
                              engine, "--threads", THREADS, "--input", spec, "-o", self.file(out),
                              "--force", *more)

    # --- the rows

    def static_time(self, model, observer, bound):
        ours, theirs = [], []
        for _ in range(self.runs):
            result = self.quantize(f"{model}.pt", "int8-static", "onednn", "float32[N,3,224,224]",
                                   f"{model}.ours.pt", "--observer", observer, "--calibration",
                                   self.file("calibration.pt"))
            ours.append(result["duration_ns"] / 1e9)
            theirs.append(self.pytorch("static", self.file(f"{model}.pt"), self.file("calibration.pt"),
                                       observer, "onednn", THREADS,
                                       self.file(f"{model}.theirs.pt"))["seconds"])
        self.time_row(f"time, static {observer}, {model}", ours, theirs, bound)

    def dynamic_time(self, bound):
        ours, theirs = [], []
        for _ in range(self.runs):
            result = self.quantize("bert.pt", "int8-dynamic", "onednn", "float32[N,128,768]",
                                   "bert.ours.pt")
            ours.append(result["duration_ns"] / 1e9)
            theirs.append(self.pytorch("dynamic", self.file("bert.eager"), "onednn", THREADS,
                                       self.file("bert.theirs.pt"))["seconds"])
        self.time_row("time, dynamic, BERT-base encoder", ours, theirs, bound)

    def time_row(self, what, ours, theirs, bound):
        ours, theirs = statistics.median(ours), statistics.median(theirs)
        self.row(what, f"{ours:.3f} s / {theirs:.3f} s = {ours / theirs:.2f}", f"<= {bound}",
                 ours / theirs <= bound)

    def memory(self, bound):
        theirs = self.pytorch("dynamic", self.file("vgg16.eager"), "onednn", THREADS,
                              self.file("vgg16.theirs.pt"))["peak_rss_bytes"]
        for precision in ("int8-dynamic", "int8-weight-only"):
            ours = self.quantize("vgg16.pt", precision, "onednn", "float32[N,3,224,224]",
                                 "vgg16.ours.pt")["peak_rss_bytes"]
            self.row(f"peak resident, {precision}, VGG16",
                     f"{ours / 1e6:.0f} MB / {theirs / 1e6:.0f} MB = {ours / theirs:.2f}",
                     f"<= {bound}", ours / theirs <= bound)

    def limited(self):
        """RLIMIT_DATA is inherited by the agent that edgebench starts, and by its worker."""
        limit = f"{DATA_LIMIT_KIB * 1024 / 1e6:.0f} MB"
        done = self.python("pytorch.py", "dynamic", self.file("vgg16.eager"), "onednn", THREADS,
                           self.file("vgg16.limited.pt"), check=False, limited=True)
        self.row(f"PyTorch, dynamic, VGG16, RLIMIT_DATA {limit}",
                 "succeeds" if done.returncode == 0 else "fails", "fails", done.returncode != 0)
        agent_socket = self.file("limited.sock")
        agent = subprocess.Popen(
            ["bash", "-c", f'ulimit -d {DATA_LIMIT_KIB}; exec "$@"', "bash",
             str(self.programs / "edgebench-agent"), "--listen", f"unix:{agent_socket}", "--data",
             str(self.file("limited")), "--name", "limited"],
            env=self.environment, stderr=subprocess.DEVNULL)
        try:
            self.wait_for(agent_socket, agent)
            subprocess.run([str(self.programs / "edgebench"), "device", "add", "limited",
                            f"unix:{agent_socket}", "--no-check"], env=self.environment,
                           check=True, capture_output=True)
            result = self.edgebench("quantize", self.file("vgg16.pt"), "--precision",
                                    "int8-dynamic", "--engine", "onednn", "--threads", THREADS,
                                    "--input", "float32[N,3,224,224]", "--device",
                                    "limited", "-o", self.file("vgg16.limited.pt"),
                                    "--force")
            size = result["model_bytes"]["after"]
            self.row(f"edgebench, int8-dynamic, VGG16, RLIMIT_DATA {limit}",
                     f"succeeds, {size / 1e6:.0f} MB", "succeeds", True)
        except SystemExit as failed:
            self.row(f"edgebench, int8-dynamic, VGG16, RLIMIT_DATA {limit}",
                     f"fails: {str(failed)[-200:]}", "succeeds", False)
        finally:
            agent.terminate()
            agent.wait(timeout=30)

    @staticmethod
    def wait_for(path, process):
        for _ in range(300):
            if path.exists() or process.poll() is not None:
                return
            time.sleep(0.1)

    def parity(self, model, engine, ours_observer, theirs_observer, slack):
        """Averaged over networks: on one, chance is worth a decibel."""
        ours, theirs = [], []
        for seed in SEEDS:
            fp32, our_file, their_file = (self.file(f"{model}.{seed}.{part}pt")
                                          for part in ("", "ours.", "theirs."))
            self.quantize(fp32.name, "int8-static", engine, "float32[N,3,224,224]", our_file.name,
                          "--calibration", self.file("calibration.pt"),
                          *(["--observer", ours_observer] if ours_observer else []))
            self.pytorch("static", fp32, self.file("calibration.pt"), theirs_observer, engine,
                         THREADS, their_file)
            for file, decibels in ((our_file, ours), (their_file, theirs)):
                decibels.append(float(self.python("parity.py", fp32, file,
                                                  self.file("held_out.pt"), engine).stdout))
        mean, peer = statistics.mean(ours), statistics.mean(theirs)
        self.row(f"parity, {model}, {engine}, {ours_observer or 'default'} observer",
                 f"{mean:.1f} dB / {peer:.1f} dB", f">= {slack:+.1f} dB", mean >= peer + slack)

    def latency(self, model, bound):
        result = self.edgebench("bench", model, "--precision", "fp32,int8-static", "--engine",
                                "onednn", "--threads", THREADS)
        median = {row["precision"]: row["latency_ns"]["median"] for row in result["measurements"]}
        ratio = median["int8-static"] / median["fp32"]
        vnni = "avx512_vnni" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        self.row(f"latency, {model}, int8-static / fp32",
                 f"{median['int8-static'] / 1e6:.2f} ms / {median['fp32'] / 1e6:.2f} ms = {ratio:.2f}",
                 f"<= {bound}" + ("" if vnni else " (with VNNI, which is not here)"), ratio <= bound)

    def run(self):
        self.python("models.py", self.scratch)
        for model in ("mobilenet_v2", "resnet18"):
            self.static_time(model, "histogram", 0.35)
            self.static_time(model, "min-max", 0.5)
        self.dynamic_time(0.5)
        self.memory(0.5)
        self.limited()
        for model in ("mobilenet_v2", "resnet18"):
            for engine in ("onednn", "qnnpack"):
                for observer in ("min-max", "histogram"):
                    self.parity(model, engine, observer, observer, -0.5)
            self.parity(model, "qnnpack", None, "default", 0.0)
        self.latency("mobilenet_v2", 0.6)
        self.latency("resnet18", 0.33)

    def print(self):
        table = [("what", "measured: edgebench / PyTorch", "bound", "reached"), *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(4)]
        for row in table:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    build, scratch, *runs = sys.argv[1:]
    bench = Bench(build, scratch, int(runs[0]) if runs else 5)
    try:
        bench.run()
    finally:
        bench.print()


if __name__ == "__main__":
    main()
