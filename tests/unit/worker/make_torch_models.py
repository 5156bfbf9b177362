"""Writes TorchScript files as users of PyTorch do, one per way of writing them.

Usage: make_torch_models.py FOLDER
Needs torch and torchvision.
"""

import pathlib
import sys
import zipfile
from typing import Dict, List, Tuple

import torch
import torchvision
from torch import Tensor, nn


class Net(nn.Module):
    """A convolution and a linear layer."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3)
        self.linear = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(torch.relu(self.convolution(x)).mean([2, 3]))


class InPlaceNet(Net):
    """Normalizes the caller's own tensor."""

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(torch.relu(self.convolution(x.sub_(0.5).div_(2.0))).mean([2, 3]))


class TupleNet(Net):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        features = torch.relu(self.convolution(x)).mean([2, 3])
        return self.linear(features), features


class ListNet(Net):
    def forward(self, x: Tensor) -> List[Tensor]:
        features = torch.relu(self.convolution(x)).mean([2, 3])
        return [self.linear(features), features]


class DictNet(Net):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        features = torch.relu(self.convolution(x)).mean([2, 3])
        return {"scores": self.linear(features), "features": features}


class TokenNet(nn.Module):
    """Two inputs: token numbers and a mask."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.linear = nn.Linear(16, 4)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        return self.linear((self.embedding(tokens) * mask.unsqueeze(-1)).mean(1))


class Choosy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(1) != 1:
            raise ValueError("only grey images, not of this many channels")
        return x


class RunsOnce(nn.Module):
    """Runs as given and fails once quantized, which no operator does on every engine."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        if self.runs > 1:
            raise ValueError("ran before")
        return self.linear(x.mean([2, 3]))


def rewrite(source, target, replacements, extra=()):
    """Copies an archive; replaces text in its code."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for record in old.namelist():
            content = old.read(record)
            if record.endswith(".py"):
                for before, after in replacements:
                    content = content.replace(before, after)
            new.writestr(record, content)
        root = old.namelist()[0].split("/")[0]
        for name in extra:
            new.writestr(f"{root}/{name}", b"0")


def main(folder):
    torch.manual_seed(0)
    folder = pathlib.Path(folder)
    image = torch.rand(1, 3, 16, 16)
    for name, net in (("scripted", Net()), ("tuple", TupleNet()), ("list", ListNet()), ("dict", DictNet()),
                      ("in_place", InPlaceNet()),
                      ("two_inputs", TokenNet()), ("choosy", Choosy()),
                      ("runs_once", RunsOnce())):
        torch.jit.script(net.eval()).save(folder / f"{name}.pt")
    torch.jit.trace(Net().eval(), image).save(folder / "traced.pt")
    torch.jit.trace(DictNet().eval(), image, strict=False).save(folder / "traced_dict.pt")
    torch.jit.trace(torchvision.models.squeezenet1_1(weights=None).eval(),
                    torch.rand(1, 3, 64, 64)).save(folder / "torchvision.pt")
    if "qnnpack" in torch.backends.quantized.supported_engines:  # not in Debian's for arm64
        torch.backends.quantized.engine = "qnnpack"
    torch.jit.script(torch.quantization.quantize_dynamic(Net().eval(), {nn.Linear})).save(folder / "dynamic.pt")
    torch.save(Net().state_dict(), folder / "state_dict.pt")
    torch.save(Net(), folder / "pickled.pt")
    # As PyTorch 2.1 and later write it, with an operator that 1.13 lacks.
    rewrite(folder / "scripted.pt", folder / "newer.pt",
            [(b"torch.relu(", b"torch.an_operator_of_tomorrow(")], [".data/serialization_id"])
    rewrite(folder / "scripted.pt", folder / "extension.pt",
            [(b"torch.relu(", b"ops.torchvision.nms(")])


if __name__ == "__main__":
    main(sys.argv[1])
