"""Quantizes what user_modules.py wrote with PyTorch's own tooling, min-max observers.
Usage: pytorch_quantized.py FOLDER ENGINE"""
import os
import sys

import torch
from torch.ao.quantization import (MinMaxObserver, PerChannelMinMaxObserver, QConfig, quantize_dynamic,
                                   quantize_jit)

import user_modules


def main(folder, engine):
    torch.backends.quantized.engine = engine
    weight = PerChannelMinMaxObserver.with_args(dtype=torch.qint8, qscheme=torch.per_channel_symmetric)
    qconfig = QConfig(activation=MinMaxObserver.with_args(dtype=torch.quint8), weight=weight)
    # Since PyTorch 2.6 the default refuses lists of tensors that C++ has pickled.
    calibration = torch.load(os.path.join(folder, "calibration.pt"), weights_only=False)
    for name in ("resnet18", "squeezenet1_0"):
        model = torch.jit.load(os.path.join(folder, f"{name}_scripted.pt")).eval()
        quantized = quantize_jit(model, {"": qconfig}, lambda m, data: [m(x) for x in data], [calibration])
        quantized.save(os.path.join(folder, f"{name}_pytorch_{engine}.pt"))
    # The eager tooling needs the Python model: the weights are put into one.
    recurrent = user_modules.Recurrent().eval()
    stored = torch.jit.load(os.path.join(folder, "lstm_scripted.pt"))
    recurrent.load_state_dict(stored.state_dict())
    quantized = quantize_dynamic(recurrent, {torch.nn.Linear, torch.nn.LSTM}, dtype=torch.qint8)
    torch.jit.script(quantized).save(os.path.join(folder, f"lstm_pytorch_{engine}.pt"))


if __name__ == "__main__":
    with torch.no_grad():
        main(sys.argv[1], sys.argv[2])
