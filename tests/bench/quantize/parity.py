"""Prints how near a quantized TorchScript file is to the fp32 one, in dB.

    parity.py FP32.pt QUANTIZED.pt INPUTS.pt ENGINE
"""
import sys

import torch

fp32, quantized, inputs, engine = sys.argv[1:]
torch.backends.quantized.engine = engine
reference_model, actual_model = torch.jit.load(fp32).eval(), torch.jit.load(quantized).eval()
signal = noise = 0.0
with torch.inference_mode():
    for image in torch.load(inputs):
        reference = reference_model(image.unsqueeze(0)).double()
        error = reference - actual_model(image.unsqueeze(0)).double()
        signal += reference.square().sum().item()
        noise += error.square().sum().item()
print(10 * torch.log10(torch.tensor(signal / noise)).item() if noise else "inf")
