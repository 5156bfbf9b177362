"""Writes a language model of zoo_language_reference.py with random weights as its published
checkpoint has them, and as a bare model's bf16, with inputs and the outputs of each.
Usage: language_weights.py NAME FOLDER"""
import sys

import torch

from weight_files import narrowed, save_safetensors
from zoo_language_reference import MODELS, inputs_of, vary

LENGTH = 37

# What the published files have beside the model.
HEADS = {
    "bert_base": {"cls.predictions.bias": [30522], "cls.seq_relationship.weight": [2, 768]},
    "albert_base": {"predictions.bias": [30000], "sop_classifier.classifier.weight": [2, 768]},
    "distilbert_base": {"vocab_transform.weight": [768, 768], "vocab_projector.bias": [30522]},
    "longformer_base": {"lm_head.bias": [50265], "lm_head.dense.weight": [768, 768]},
}


def published(name, state):
    """With the model's name before each tensor's, and BERT's first names for those of norms."""
    def renamed(tensor):
        if name == "bert_base":
            tensor = tensor.replace("LayerNorm.weight", "LayerNorm.gamma")
            tensor = tensor.replace("LayerNorm.bias", "LayerNorm.beta")
        return f"{name.removesuffix('_base')}.{tensor}"
    file = {renamed(tensor): value for tensor, value in state.items()}
    positions = state["embeddings.position_embeddings.weight"].shape[0]
    file[renamed("embeddings.position_ids")] = torch.arange(positions)[None]
    file.update({head: torch.zeros(shape) for head, shape in HEADS[name].items()})
    return file


def main(name, folder):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    inputs = inputs_of(model, LENGTH)
    known = {f"input {place}": tensor for place, tensor in enumerate(inputs)}

    def note_outputs(form):
        with torch.no_grad():
            outputs = model(*inputs)
        for place, tensor in enumerate(outputs if isinstance(outputs, tuple) else (outputs,)):
            known[f"{form} {place}"] = tensor

    vary(model.state_dict())
    note_outputs("published")
    torch.save(published(name, model.state_dict()), f"{folder}/published")
    narrow = narrowed(model.state_dict(), torch.bfloat16)
    save_safetensors(narrow, f"{folder}/bfloat16")
    model.load_state_dict(narrow)
    note_outputs("bfloat16")
    save_safetensors(known, f"{folder}/known")


if __name__ == "__main__":
    main(*sys.argv[1:])
