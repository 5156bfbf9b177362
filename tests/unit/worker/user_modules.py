"""Writes TorchScript files as users do, scripted and traced, into a folder.
Usage: user_modules.py FOLDER"""
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision


class Functional(nn.Module):
    """Calls functions on parameters of its own; the first ReLU is in place."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(8, 3, 3, 3) / 5)
        self.offset = nn.Parameter(torch.zeros(8))
        self.weight = nn.Parameter(torch.randn(10, 8) / 3)

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.kernel, self.offset, padding=1), inplace=True)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return F.linear(x, self.weight)


class UsedTwice(nn.Module):
    """One convolution and one ReLU, each called two times."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(self.relu(self.conv(x))))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(16, 32, num_layers=2, batch_first=True)
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        features, _ = self.lstm(x)
        return self.out(features)


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(16, 32), nn.ReLU(inplace=True))
        self.left = nn.Linear(32, 4)
        self.right = nn.Linear(32, 2)

    def forward(self, x):
        x = self.trunk(x)
        return self.left(x), self.right(x)


class Residual(nn.Module):
    """ReLU6 behind a sum, which no layer can absorb."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return F.relu6(x + self.norm(self.conv(x)))


class Upsampling(nn.Module):
    """A transposed convolution: its output channels are not dimension 0."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(8, 3, 2, stride=2)

    def forward(self, x):
        return self.up(F.relu(self.down(x)))


class RecurrentOf(nn.Module):
    """An LSTM or GRU whose outputs and last state are both used."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


class PackedSequences(nn.Module):
    """Two sequences of 7 and 4 steps."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(16, 32, num_layers=2, bidirectional=True, batch_first=True)
        self.register_buffer("lengths", torch.tensor([7, 4]), persistent=True)

    def forward(self, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, self.lengths.cpu(), batch_first=True)
        features, _ = self.lstm(packed)
        return nn.utils.rnn.pad_packed_sequence(features, batch_first=True)[0]


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTMCell(16, 24)
        self.gru = nn.GRUCell(24, 12)

    def forward(self, x):
        h, c = self.lstm(x)
        h, c = self.lstm(x, (h, c))
        return self.gru(h)


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 32)
        self.bag = nn.EmbeddingBag(100, 32, mode="sum")
        self.linear = nn.Linear(32, 10)

    def forward(self, tokens):
        return self.linear(self.embedding(tokens).mean(dim=1) + self.bag(tokens))


class Products(nn.Module):
    """Linear layers by other names."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(16, 24) / 4)
        self.second = nn.Parameter(torch.randn(24, 8) / 5)
        self.offset = nn.Parameter(torch.randn(8))

    def forward(self, x):
        return torch.addmm(self.offset, torch.relu(x.matmul(self.matrix)), self.second)


class Gated(nn.Module):
    """Squeeze and excitation, hardswish, cat, and batch norm that no convolution precedes."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding="same")
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.squeeze = nn.Conv2d(8, 4, 1)
        self.excite = nn.Conv2d(4, 8, 1)
        self.norm = nn.BatchNorm2d(16)
        self.last = nn.Conv2d(16, 4, 1)

    def forward(self, x):
        x = F.hardswish(self.conv(x))
        y = self.grouped(x)
        scale = F.adaptive_avg_pool2d(y, 1)
        scale = F.hardsigmoid(self.excite(F.relu(self.squeeze(scale))))
        y = torch.cat([x, y * scale], dim=1)
        return self.last(F.relu(self.norm(y)))


class Branching(nn.Module):
    """Control flow that only scripting keeps."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 16)
        self.second = nn.Linear(16, 16)
        self.other = nn.Linear(16, 16)

    def forward(self, x):
        y = self.first(x)
        if bool(y.sum() > 1000000.0):
            return self.other(y)
        for _ in range(2):
            y = torch.relu(self.second(y))
        return y


def conditioned(model, shape):
    """Batch-norm statistics that fit, without which outputs are degenerate."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return model.eval()
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.randn(4, *shape[1:]))
    return model.eval()


def main(folder):
    torch.manual_seed(0)
    image, vector = (1, 3, 96, 96), (1, 16)
    models = {name: (getattr(torchvision.models, name)(), image)
              for name in ["mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_0"]}
    models.update({
        "functional": (Functional(), image),
        "used_twice": (UsedTwice(), image),
        "linear_only": (nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 10)), vector),
        "lstm": (Recurrent(), (2, 7, 16)),
        "two_outputs": (TwoOutputs(), vector),
        "residual_relu6": (Residual(), image),
        "upsampling": (Upsampling(), image),
        "bidirectional_lstm": (RecurrentOf(nn.LSTM(16, 32, 2, bidirectional=True)), (7, 2, 16)),
        "lstm_without_bias": (RecurrentOf(nn.LSTM(16, 32, bias=False)), (7, 2, 16)),
        "lstm_with_projection": (RecurrentOf(nn.LSTM(16, 32, proj_size=8)), (7, 2, 16)),
        "gru": (RecurrentOf(nn.GRU(16, 32, 2, batch_first=True, bidirectional=True)), (2, 7, 16)),
        "packed_sequences": (PackedSequences(), (2, 7, 16)),
        "cells": (Cells(), (2, 16)),
        "products": (Products(), (4, 16)),
        "gated": (Gated(), (1, 3, 32, 32)),
        "conv1d": (nn.Sequential(nn.Conv1d(4, 8, 3), nn.ReLU(), nn.Conv1d(8, 4, 3)), (2, 4, 32)),
        "conv3d": (nn.Sequential(nn.Conv3d(2, 6, 3), nn.ReLU(), nn.Conv3d(6, 4, 3)),
                   (1, 2, 8, 8, 8)),
        "transposed1d": (nn.Sequential(nn.ConvTranspose1d(4, 6, 3, stride=2)), (2, 4, 16)),
        "transposed3d": (nn.ConvTranspose3d(2, 4, 3, stride=2, output_padding=1), (1, 2, 6, 6, 6)),
    })
    for name, (model, shape) in models.items():
        conditioned(model, shape)
        torch.jit.script(model).save(os.path.join(folder, f"{name}_scripted.pt"))
        torch.jit.trace(model, torch.randn(shape)).save(os.path.join(folder, f"{name}_traced.pt"))
    torch.jit.script(Branching().eval()).save(os.path.join(folder, "branching_scripted.pt"))
    embedded = Embedded().eval()
    torch.jit.script(embedded).save(os.path.join(folder, "embedded_scripted.pt"))
    torch.jit.trace(embedded, torch.zeros(2, 7, dtype=torch.long)).save(
        os.path.join(folder, "embedded_traced.pt"))


if __name__ == "__main__":
    main(sys.argv[1])
