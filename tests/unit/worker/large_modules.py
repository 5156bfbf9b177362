"""Writes TorchScript files with tensors that are worth mapping, as users do.
Usage: large_modules.py FOLDER"""
import os
import sys
import zipfile
from typing import Dict, List, Tuple

import torch
import torch.nn as nn
from torch import Tensor


class Large(nn.Module):
    """Weights, a buffer, lists and dictionaries of tensors, tied weights, other attributes."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(256, 256)
        self.tied = nn.Linear(256, 256)
        self.tied.weight = self.first.weight
        self.norm = nn.LayerNorm(256)
        self.register_buffer("table", torch.randn(256, 128))
        self.register_buffer("columns", torch.randn(256, 256).t())
        self.halves: Dict[str, Tensor] = {"half": torch.randn(256, 256).half()}
        self.steps: List[Tensor] = [torch.randn(256, 256), torch.randn(3)]
        self.factors: Tuple[float, int] = (0.5, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(torch.relu(self.first(x)) + self.tied(x))
        x = x @ self.columns + (x @ self.halves["half"].float()) @ self.steps[0]
        return (x @ self.table) * self.factors[0] + self.steps[1].sum()


class Traceable(nn.Module):
    """The same for tracing, with a constant."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 300))
        self.register_buffer("table", torch.randn(300, 128))

    def forward(self, x):
        return self.layers(x) @ self.table + torch.ones(128) * 3 + torch.tensor([1.5])


class WritesItsBuffer(nn.Module):
    """Counts on a buffer, through a view of it."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(256, 256)
        self.register_buffer("seen", torch.zeros(256, 256))

    def forward(self, x: Tensor) -> Tensor:
        self.seen[0].add_(1.0)
        return self.linear(x) + self.seen[0]


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = torch.quantization.QuantStub()
        self.conv = nn.Conv2d(1, 512, 16, stride=16)
        self.linear = nn.Linear(512, 256)
        self.dequant = torch.quantization.DeQuantStub()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(self.quant(x.view(1, 1, 16, -1)))
        return self.dequant(self.linear(x.flatten(1)))


def quantized_statically(x):
    model = Convolution().eval()
    model.qconfig = torch.quantization.get_default_qconfig("qnnpack")
    model = torch.quantization.prepare(model)
    model(x)
    return torch.quantization.convert(model)


def main(folder):
    torch.manual_seed(0)
    if "qnnpack" in torch.backends.quantized.supported_engines:  # not in Debian's for arm64
        torch.backends.quantized.engine = "qnnpack"
    x = torch.randn(1, 256)
    scripted = torch.jit.script(Large().eval())
    files = {
        "scripted": scripted,
        "traced": torch.jit.trace(Traceable().eval(), x),
        "frozen": torch.jit.freeze(torch.jit.script(Traceable().eval())),
        "dynamic": torch.jit.script(torch.quantization.quantize_dynamic(Traceable().eval(), {nn.Linear})),
        "static": torch.jit.script(quantized_statically(x)),
        "writes": torch.jit.script(WritesItsBuffer().eval()),
        "without_forward": torch.jit.script(nn.ModuleList([nn.Linear(256, 256)])),
    }
    for name, module in files.items():
        module.save(os.path.join(folder, f"{name}.pt"))
    # As other tools write archives.
    source, target = (os.path.join(folder, f"{name}.pt") for name in ("scripted", "compressed"))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for record in old.namelist():
            new.writestr(record, old.read(record))


if __name__ == "__main__":
    main(sys.argv[1])
