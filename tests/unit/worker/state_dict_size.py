"""Whether a module's state dict, as torch.save writes it, is as large as it should be, and
the module's own file not much larger.
Usage: state_dict_size.py FILE KILOBYTES TOLERANCE, of 1000 bytes and relative"""
import os
import sys

import torch

# Code and the module's structure, which a state dict does not have.
MOST_BESIDE = 12_000
# Two short records that PyTorch 2 adds to each file; the labs had an older one.
MOST_ADDED = 500 if int(torch.__version__.split(".")[0]) >= 2 else 0


def main(path, kilobytes, tolerance):
    written = path + ".state_dict"
    torch.save(torch.jit.load(path).state_dict(), written)
    size = os.path.getsize(written)
    os.remove(written)
    expected = 1000 * float(kilobytes)
    print(f"{path}: {os.path.getsize(path)} bytes, its state dict {size}, expected {expected:.0f}")
    bound = float(tolerance) * expected
    fits = expected - bound <= size <= expected + bound + MOST_ADDED
    return 0 if fits and os.path.getsize(path) <= size + MOST_BESIDE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
