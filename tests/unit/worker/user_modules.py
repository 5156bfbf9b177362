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


def conditioned(model, shape):
    """Batch-norm statistics that fit, without which outputs are degenerate."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
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
    })
    for name, (model, shape) in models.items():
        conditioned(model, shape)
        torch.jit.script(model).save(os.path.join(folder, f"{name}_scripted.pt"))
        torch.jit.trace(model, torch.randn(shape)).save(os.path.join(folder, f"{name}_traced.pt"))


if __name__ == "__main__":
    main(sys.argv[1])
