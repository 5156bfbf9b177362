"""Writes models and calibration data as users make them, with PyTorch.

    /usr/bin/python3 make_quantization_files.py FOLDER
"""
import pathlib
import sys

import numpy
import torch
from PIL import Image


class Small(torch.nn.Module):
    """Two convolutions and two linear layers, with an operator that has no int8 kernel."""

    def __init__(self):
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU(),
            torch.nn.Conv2d(16, 32, 3, stride=2), torch.nn.GELU(), torch.nn.AdaptiveAvgPool2d(4))
        self.classifier = torch.nn.Sequential(
            torch.nn.Linear(512, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class Convolution(torch.nn.Module):
    """Without a layer that int8-dynamic has a kernel for."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.convolution(x)


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(100, 32)
        self.rnn = torch.nn.LSTM(32, 32, batch_first=True)
        self.head = torch.nn.Linear(32, 10)

    def forward(self, tokens):
        return self.head(self.rnn(self.embedding(tokens))[0][:, -1])


class NoForward(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    @torch.jit.export
    def encode(self, x):
        return self.linear(x)


class Branches(torch.nn.Module):
    """Control flow that depends on sizes and on values."""

    def __init__(self):
        super().__init__()
        self.often = torch.nn.Linear(8, 8)
        self.sometimes = torch.nn.Linear(8, 8)

    def forward(self, x):
        for _ in range(x.size(0)):
            x = self.often(x)
        if float(x.sum()) > -1e9:
            x = self.sometimes(x)
        return x


def write_models(folder):
    for name, module in {
            "small": Small(),
            "convolution": Convolution(),
            "recurrent": Recurrent(),
            "no_forward": NoForward(),
            "branches": Branches(),
    }.items():
        torch.jit.script(module.eval()).save(str(folder / f"{name}.pt"))
    broken = Small().eval()
    broken.classifier[0].weight.data[3, 4] = float("nan")
    torch.jit.script(broken).save(str(folder / "nan_weight.pt"))
    (folder / "text.pt").write_text("no model at all\n")


def write_calibration(folder):
    images = [4, 3, 32, 32]
    for name, data in {
            "data": [torch.randn(images) for _ in range(3)],
            "wrong_shape": torch.randn(4, 3, 16, 32),
            "complex": torch.zeros(images, dtype=torch.complex64),
            "empty": torch.zeros(0, 3, 32, 32),
            "nan": torch.full(images, float("nan")),
    }.items():
        torch.save(data, folder / f"{name}.pt")
    photos = folder / "photos"
    (photos / "more").mkdir(parents=True)
    generator = numpy.random.default_rng(0)
    for i, name in enumerate(["a.jpg", "b.png", "c.jpeg", "more/d.PNG", "more/e.jpg"]):
        pixels = generator.integers(0, 255, (40 + i, 60, 3), dtype="uint8")
        Image.fromarray(pixels).save(photos / name)
    (photos / "labels.txt").write_text("none of the images\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(0)
    write_models(folder)
    calibration = folder / "calibration"
    calibration.mkdir()
    write_calibration(calibration)


main()
