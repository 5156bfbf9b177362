"""Writes state dicts in the forms that people have them in."""
import json
import struct

import torch

TYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.int64: "I64"}


def save_safetensors(tensors, path):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            flat = tensor.contiguous().reshape(-1)
            if flat.dtype == torch.bfloat16:
                flat = flat.view(torch.int16)
            file.write(flat.numpy().tobytes())


def narrowed(state, dtype):
    """With the versions of the modules, without which MnasNet does not take it back."""
    narrow = state.copy()
    for name, tensor in state.items():
        narrow[name] = tensor.to(dtype) if tensor.is_floating_point() else tensor
    narrow._metadata = state._metadata
    return narrow
