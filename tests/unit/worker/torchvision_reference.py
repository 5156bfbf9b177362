"""Loads a zoo model's state dict into torchvision's model of the same name and
compares their outputs. Usage: torchvision_reference.py NAME FILE"""
import sys

import torch
import torchvision


def main(name, path):
    ours = torch.jit.load(path).eval()
    theirs = getattr(torchvision.models, name)()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    theirs.eval()
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
