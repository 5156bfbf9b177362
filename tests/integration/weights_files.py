"""Weights of mobilenet_v3_small as users have them, and whether a model has them.
Usage: weights_files.py make FOLDER | weights_files.py check WEIGHTS MODEL_FILE"""
import os
import sys

import torch
import torchvision


class Code:
    def __reduce__(self):
        return os.system, ("true",)


def make(folder):
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v3_small()
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(part.running_var, 0.5, 1.5)
    state = model.state_dict()
    save = lambda name, what, **how: torch.save(what, f"{folder}/{name}", **how)
    save("whole.pth", {"epoch": 7, "state_dict": {"module." + k: v for k, v in state.items()}})
    tuned = dict(state)
    tuned["classifier.3.weight"], tuned["classifier.3.bias"] = torch.randn(7, 1024), torch.randn(7)
    del tuned["classifier.0.bias"]
    save("tuned.pth", {**tuned, "aux.weight": torch.randn(2)})
    save("code.pth", {**state, "callback": Code()})
    save("old.pth", state, _use_new_zipfile_serialization=False)
    torch.jit.script(model).save(f"{folder}/scripted.pt")
    whole = open(f"{folder}/whole.pth", "rb").read()
    open(f"{folder}/half.pth", "wb").write(whole[: len(whole) // 2])
    state["features.0.0.weight"][0, 0, 0, 0] = float("nan")
    save("nan.pth", state)


def check(weights, model_file):
    theirs = torchvision.models.mobilenet_v3_small()
    state = torch.load(weights)["state_dict"]
    theirs.load_state_dict({name[len("module."):]: value for name, value in state.items()})
    theirs.eval()
    ours = torch.jit.load(model_file).eval()
    images = torch.randn(2, 3, 96, 75)
    with torch.no_grad():
        error = (theirs(images) - ours(images)).abs().max().item()
    print(f"largest difference {error:.2e}")
    return 0 if error <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit({"make": make, "check": check}[sys.argv[1]](*sys.argv[2:]))
