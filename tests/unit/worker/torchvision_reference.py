"""Loads a zoo model's state dict into torchvision's model of the same name and
compares their outputs and the sizes of their files.
Usage: torchvision_reference.py NAME FILE"""
import io
import os
import sys

import torch
import torchvision


def file_size(model):
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(model), file)
    return file.getbuffer().nbytes


def main(name, path):
    ours = torch.jit.load(path).eval()
    theirs = getattr(torchvision.models, name)()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    theirs.eval()
    sizes = os.path.getsize(path), file_size(theirs)
    print(f"{name}: {sizes[0]} bytes, torchvision's {sizes[1]}")
    # The code that stands beside the weights differs.
    if not abs(sizes[0] - sizes[1]) <= 0.015 * sizes[1]:
        return 1
    torch.manual_seed(0)
    for height, width in [(224, 224), (129, 97), (75, 161)]:
        images = torch.randn(2, 3, height, width)
        with torch.no_grad():
            expected, actual = theirs(images), ours(images)
        error = (expected - actual).abs().max().item()
        print(f"{name} {height}x{width}: largest difference {error:.2e}, "
              f"largest value {expected.abs().max().item():.2f}")
        if not error <= 1e-4 * max(1.0, expected.abs().max().item()):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
