"""Writes calibration data as users of PyTorch and NumPy do.

Usage: calibration_files.py FOLDER
Values count up from 0, over all tensors of a file.
Needs torch.
"""

import collections
import pathlib
import sys

import numpy
import torch


def counting(*shape, start=0, dtype=torch.float32):
    return torch.arange(start, start + torch.Size(shape).numel(), dtype=dtype).reshape(shape)


def main():
    folder = pathlib.Path(sys.argv[1])

    def save(name, what, **options):
        torch.save(what, folder / name, **options)

    save("tensor.pt", counting(6, 2))
    save("view.pt", counting(2, 6).t())
    save("slice.pt", counting(100, 2)[10:16])
    save("parameter.pt", torch.nn.Parameter(counting(6, 2)))
    save("list.pt", [counting(3, 2), counting(3, 2, start=6)])
    save("tuple.pt", (counting(4, 2), counting(4, 3, dtype=torch.int64)))
    save("dict.pt", {"ids": counting(4, 3, dtype=torch.int64), "x": counting(4, 2)})
    save("ordered.pt", collections.OrderedDict(x=counting(4, 2)))
    save("batches.pt", [{"x": counting(1, 2), "ids": counting(1, 3, dtype=torch.int64)},
                        {"ids": counting(1, 3, start=3, dtype=torch.int64),
                         "x": counting(1, 2, start=2)}])
    save("array.pt", numpy.zeros((4, 2), numpy.float32))
    save("module.pt", torch.nn.Linear(2, 2))
    save("text.pt", {"x": "no tensor"})
    save("old.pt", counting(6, 2), _use_new_zipfile_serialization=False)
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(folder / "script.pt"))
    numpy.save(folder / "array.npy", counting(6, 2).numpy())
    numpy.save(folder / "double.npy", counting(6, 2, dtype=torch.float64).numpy())
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(counting(6, 2).numpy()))


if __name__ == "__main__":
    main()
