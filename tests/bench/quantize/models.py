"""Writes the models and the data that both sides of the comparison are given.

    models.py FOLDER

As TorchScript files: mobilenet_v2 and resnet18 (torchvision, random weights whose batch
norm was set from data, without which int8 parity says nothing), a BERT-base-shaped
encoder, and VGG16.
"""
import math
import pathlib
import sys

import torch
import torchvision


class Attention(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = torch.nn.Linear(width, width)
        self.key = torch.nn.Linear(width, width)
        self.value = torch.nn.Linear(width, width)
        self.output = torch.nn.Linear(width, width)

    def split(self, x):
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = query.matmul(key.transpose(2, 3)) / math.sqrt(query.shape[3])
        mixed = torch.softmax(scores, dim=-1).matmul(value).transpose(1, 2)
        return self.output(mixed.reshape(x.shape))


class Layer(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = Attention(width, heads)
        self.attention_norm = torch.nn.LayerNorm(width)
        self.widen = torch.nn.Linear(width, 4 * width)
        self.narrow = torch.nn.Linear(4 * width, width)
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, x):
        x = self.attention_norm(x + self.attention(x))
        return self.norm(x + self.narrow(torch.nn.functional.gelu(self.widen(x))))


class BertBaseEncoder(torch.nn.Module):
    """Devlin et al., arXiv:1810.04805: 12 layers, 768 wide, 12 heads; without embeddings."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(*[Layer(768, 12) for _ in range(12)])

    def forward(self, x):
        return self.layers(x)


def conditioned(model):
    """Sets the statistics of batch norm from data; in eval mode afterwards."""
    model.train()
    with torch.no_grad():
        for _ in range(20):
            model(torch.randn(4, 3, 224, 224))
    return model.eval()


SEEDS = (0, 1, 2)  # of the weights that parity is averaged over


def eager(name, seed=0):
    """The same weights at every call."""
    torch.manual_seed(seed)
    if name == "bert":
        return BertBaseEncoder().eval()
    model = getattr(torchvision.models, name)(weights=None)
    return model.eval() if name == "vgg16" else conditioned(model)


def write_all(folder):
    for name in ("mobilenet_v2", "resnet18", "bert", "vgg16"):
        model = eager(name)
        torch.jit.script(model).save(folder / f"{name}.pt")
        if name in ("bert", "vgg16"):
            torch.save(model, folder / f"{name}.eager")
        else:
            for seed in SEEDS:
                torch.jit.script(eager(name, seed)).save(folder / f"{name}.{seed}.pt")
    generator = torch.Generator().manual_seed(1)
    torch.save(torch.randn(2, 3, 224, 224, generator=generator), folder / "calibration.pt")
    torch.save(torch.randn(4, 3, 224, 224, generator=generator), folder / "held_out.pt")


if __name__ == "__main__":
    import models  # so that pickles name the classes as others import them

    models.write_all(pathlib.Path(sys.argv[1]))
