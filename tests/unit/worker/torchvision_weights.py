"""Writes a torchvision model with random weights and statistics in the forms that people
have them in, and the outputs it has in each. Usage: torchvision_weights.py NAME FOLDER"""
import sys

import torch
import torchvision

from weight_files import narrowed, save_safetensors


def randomize(model):
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            for tensor, low, high in [(part.weight, 0.5, 1.5), (part.bias, -0.2, 0.2),
                                      (part.running_mean, -0.2, 0.2), (part.running_var, 0.5, 1.5)]:
                torch.nn.init.uniform_(tensor, low, high)


def main(name, folder):
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)()
    randomize(model)
    model.eval()
    images = torch.randn(1, 3, 96, 75)
    known = {"images": images}
    state = model.state_dict()
    with torch.no_grad():
        known["float32"] = model(images)
        wrapped = {"module." + key: value for key, value in state.items()}
        torch.save({"epoch": 3, "arch": name, "best": torch.tensor(0.5), "state_dict": wrapped},
                   f"{folder}/float32")
        torch.save(narrowed(state, torch.float16), f"{folder}/float16")
        save_safetensors(narrowed(state, torch.bfloat16), f"{folder}/bfloat16")
        exact = narrowed(state, torch.float32)
        for key, value in exact.items():
            exact[key] = value.clone()
        for dtype in (torch.float16, torch.bfloat16):
            model.load_state_dict(narrowed(exact, dtype))
            known[str(dtype).split(".")[1]] = model(images)
    save_safetensors(known, f"{folder}/known")


if __name__ == "__main__":
    main(*sys.argv[1:])
