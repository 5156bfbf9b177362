"""Writes TorchScript files as users make them, with PyTorch and torchvision.

    /usr/bin/python3 make_models.py FOLDER
"""
import pathlib
import sys
import zipfile

import torch
import torchvision


class TwoInputs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.left = torch.nn.Linear(8, 4)
        self.right = torch.nn.Linear(8, 4)

    def forward(self, x, y):
        return self.left(x) * self.right(y)


class TupleOutput(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(8, 4)

    def forward(self, x):
        y = self.linear(x)
        return y, y.sum()


class Forks(TwoInputs):
    def forward(self, x):
        forked = torch.jit.fork(self.right, x)
        return self.left(x) + torch.jit.wait(forked)


class ListOutput(TupleOutput):
    def forward(self, x):
        y = self.linear(x)
        return [y, y + 1]


class DictOutput(TupleOutput):
    def forward(self, x):
        y = self.linear(x)
        return {"scores": y, "largest": y.max()}


class Tokens(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(100, 16)
        self.linear = torch.nn.Linear(16, 4)

    def forward(self, tokens):
        return self.linear(self.embedding(tokens).mean(dim=1))


class Activation(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)


def with_newer_operator(source, target):
    """What a newer PyTorch would have written: an operator unknown here."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".py"):
                data = data.replace(b"torch.relu(x)", b"torch.operator_of_tomorrow(x)")
            new.writestr(name, data)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(0)
    resnet = torchvision.models.resnet18(num_classes=10).eval()
    torch.jit.script(resnet).save(str(folder / "scripted_resnet18.pt"))
    mobilenet = torchvision.models.mobilenet_v2(num_classes=10).eval()
    torch.jit.trace(mobilenet, torch.rand(1, 3, 64, 64)).save(str(folder / "traced_mobilenet_v2.pt"))
    for name, module in {
            "two_inputs": TwoInputs(),
            "forks": Forks(),
            "tuple_output": TupleOutput(),
            "list_output": ListOutput(),
            "dict_output": DictOutput(),
            "tokens": Tokens(),
            "activation": Activation(),
    }.items():
        torch.jit.script(module.eval()).save(str(folder / f"{name}.pt"))
    with_newer_operator(folder / "activation.pt", folder / "newer_operator.pt")


main()
