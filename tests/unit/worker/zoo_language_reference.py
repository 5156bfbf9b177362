"""The language models written once more, with torch.nn and plain attention over all pairs
of tokens, under the names of the published checkpoints. Loads a zoo model's state dict into
the one of the same name and compares their outputs.
Usage: zoo_language_reference.py NAME FILE"""
import math
import sys

import torch
from torch import nn

SIZE, HEADS, INNER = 768, 12, 3072


def attention(query, key, value, allowed):
    """Softmax over the keys that `allowed`, [batch, queries, keys], has for each query."""
    def heads(x):
        return x.reshape(x.shape[0], x.shape[1], HEADS, SIZE // HEADS)
    scores = torch.einsum("nqhd,nkhd->nhqk", heads(query), heads(key))
    scores = scores / math.sqrt(SIZE // HEADS)
    scores = scores.masked_fill(~allowed[:, None], float("-inf"))
    context = torch.einsum("nhqk,nkhd->nqhd", scores.softmax(-1), heads(value))
    return context.reshape(query.shape)


def attention_to_tokens(query, key, value, mask):
    return attention(query, key, value, (mask > 0)[:, None].expand(-1, query.shape[1], -1))


class Embeddings(nn.Module):
    def __init__(self, words, positions, types, size, eps):
        super().__init__()
        self.word_embeddings = nn.Embedding(words, size)
        self.position_embeddings = nn.Embedding(positions, size)
        if types:
            self.token_type_embeddings = nn.Embedding(types, size)
        self.LayerNorm = nn.LayerNorm(size, eps)

    def forward(self, ids, positions, types=None):
        x = self.word_embeddings(ids) + self.position_embeddings(positions)
        if types is not None:
            x = x + self.token_type_embeddings(types)
        return self.LayerNorm(x)


def counted(ids):
    return torch.arange(ids.shape[1]).expand(ids.shape)


class Dense(nn.Module):
    def __init__(self, inputs, outputs, eps=None):
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)
        if eps is not None:
            self.LayerNorm = nn.LayerNorm(outputs, eps)


class BertSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(SIZE, SIZE) for _ in range(3))

    def forward(self, x, mask):
        return attention_to_tokens(self.query(x), self.key(x), self.value(x), mask)


class LongformerSelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(SIZE, SIZE) for _ in range(3))
        self.query_global, self.key_global, self.value_global = (
            nn.Linear(SIZE, SIZE) for _ in range(3))

    def forward(self, x, mask):
        token = mask > 0
        glob = mask > 1
        glob[:, 0] |= token[:, 0]
        position = torch.arange(x.shape[1])
        near = (position[:, None] - position[None]).abs() <= 256
        allowed = token[:, None] & (near[None] | glob[:, None])
        allowed |= torch.eye(x.shape[1], dtype=torch.bool)[None]  # no empty row
        local = attention(self.query(x), self.key(x), self.value(x), allowed)
        everywhere = attention_to_tokens(self.query_global(x), self.key_global(x),
                                         self.value_global(x), mask)
        return torch.where(glob[..., None], everywhere, local) * token[..., None]


class BertAttention(nn.Module):
    def __init__(self, self_attention, eps):
        super().__init__()
        self.self = self_attention
        self.output = Dense(SIZE, SIZE, eps)


class BertLayer(nn.Module):
    def __init__(self, self_attention, eps):
        super().__init__()
        self.attention = BertAttention(self_attention, eps)
        self.intermediate = Dense(SIZE, INNER)
        self.output = Dense(INNER, SIZE, eps)

    def forward(self, x, mask):
        part = self.attention
        x = part.output.LayerNorm(x + part.output.dense(part.self(x, mask)))
        inner = nn.functional.gelu(self.intermediate.dense(x))
        return self.output.LayerNorm(x + self.output.dense(inner))


class BertEncoder(nn.Module):
    def __init__(self, make_self_attention, eps):
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(make_self_attention(), eps) for _ in range(12))

    def forward(self, x, mask):
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Bert(nn.Module):
    words, lengths = 30522, (1, 37, 130)

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(self.words, 512, 2, SIZE, 1e-12)
        self.encoder = BertEncoder(BertSelfAttention, 1e-12)
        self.pooler = Dense(SIZE, SIZE)

    def forward(self, ids, mask, types):
        x = self.encoder(self.embeddings(ids, counted(ids), types), mask)
        return x, torch.tanh(self.pooler.dense(x[:, 0]))


class AlbertAttention(BertSelfAttention):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(SIZE, SIZE)
        self.LayerNorm = nn.LayerNorm(SIZE, 1e-12)


class AlbertLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.full_layer_layer_norm = nn.LayerNorm(SIZE, 1e-12)
        self.attention = AlbertAttention()
        self.ffn = nn.Linear(SIZE, INNER)
        self.ffn_output = nn.Linear(INNER, SIZE)

    def forward(self, x, mask):
        part = self.attention
        x = part.LayerNorm(x + part.dense(part(x, mask)))
        inner = self.ffn(x)
        # "gelu_new", as it is written in the code of GPT-2.
        inner = 0.5 * inner * (1 + torch.tanh(
            math.sqrt(2 / math.pi) * (inner + 0.044715 * inner ** 3)))
        return self.full_layer_layer_norm(x + self.ffn_output(inner))


class AlbertGroup(nn.Module):
    def __init__(self):
        super().__init__()
        self.albert_layers = nn.ModuleList([AlbertLayer()])


class AlbertTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding_hidden_mapping_in = nn.Linear(128, SIZE)
        self.albert_layer_groups = nn.ModuleList([AlbertGroup()])


class Albert(nn.Module):
    words, lengths = 30000, (1, 37, 130)

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(self.words, 512, 2, 128, 1e-12)
        self.encoder = AlbertTransformer()
        self.pooler = nn.Linear(SIZE, SIZE)

    def forward(self, ids, mask, types):
        x = self.embeddings(ids, counted(ids), types)
        x = self.encoder.embedding_hidden_mapping_in(x)
        for _ in range(12):
            x = self.encoder.albert_layer_groups[0].albert_layers[0](x, mask)
        return x, torch.tanh(self.pooler(x[:, 0]))


class DistilAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_lin, self.k_lin, self.v_lin, self.out_lin = (nn.Linear(SIZE, SIZE) for _ in range(4))

    def forward(self, x, mask):
        return self.out_lin(
            attention_to_tokens(self.q_lin(x), self.k_lin(x), self.v_lin(x), mask))


class DistilFeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(SIZE, INNER)
        self.lin2 = nn.Linear(INNER, SIZE)


class DistilLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = DistilAttention()
        self.sa_layer_norm = nn.LayerNorm(SIZE, 1e-12)
        self.ffn = DistilFeedForward()
        self.output_layer_norm = nn.LayerNorm(SIZE, 1e-12)

    def forward(self, x, mask):
        x = self.sa_layer_norm(x + self.attention(x, mask))
        return self.output_layer_norm(x + self.ffn.lin2(nn.functional.gelu(self.ffn.lin1(x))))


class DistilTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.ModuleList(DistilLayer() for _ in range(6))


class DistilBert(nn.Module):
    words, lengths = 30522, (1, 37, 130)

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(self.words, 512, 0, SIZE, 1e-12)
        self.transformer = DistilTransformer()

    def forward(self, ids, mask):
        x = self.embeddings(ids, counted(ids))
        for layer in self.transformer.layer:
            x = layer(x, mask)
        return x


class Longformer(nn.Module):
    words, lengths = 50265, (37, 530)

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(self.words, 4098, 1, SIZE, 1e-5)
        self.encoder = BertEncoder(LongformerSelfAttention, 1e-5)
        self.pooler = Dense(SIZE, SIZE)

    def forward(self, ids, mask):
        positions = torch.ones_like(ids)
        text = ids.ne(1)
        for n in range(len(ids)):
            positions[n, text[n]] = torch.arange(2, 2 + int(text[n].sum()))
        x = self.encoder(self.embeddings(ids, positions, torch.zeros_like(ids)), mask)
        return x, torch.tanh(self.pooler.dense(x[:, 0]))


MODELS = {"bert_base": Bert, "albert_base": Albert, "distilbert_base": DistilBert,
          "longformer_base": Longformer}


def inputs_of(model, length):
    """Two texts, of which the second ends with padding. Those of Longformer have one and
    four tokens with global attention besides the first, two of them far apart."""
    ids = torch.randint(2, model.words, (2, length))
    mask = torch.ones_like(ids)
    texts = length - length // 4
    mask[1, texts:] = 0
    if isinstance(model, Longformer):
        ids[1, texts:] = 1
        mask[0, length // 2] = 2
        mask[1, [1, 2, length // 3, texts - 1]] = 2
    inputs = [ids, mask]
    if isinstance(model, (Bert, Albert)):
        inputs.append(torch.randint(0, 2, (2, length)))
    return inputs


def vary(state):
    """Biases, and weights of norms, which are all zeros and ones in a zoo model."""
    for tensor in state.values():
        if tensor.dim() == 1:
            tensor += 0.1 * torch.randn(tensor.shape)


def compare(name, length, expected, actual):
    expected = expected if isinstance(expected, tuple) else (expected,)
    actual = actual if isinstance(actual, tuple) else (actual,)
    same = len(expected) == len(actual)
    for place, (theirs, ours) in enumerate(zip(expected, actual)):
        error = (theirs - ours).abs().max().item()
        print(f"{name}, {length} tokens, output {place}: largest difference {error:.2e}, "
              f"largest value {theirs.abs().max().item():.2f}")
        same = same and theirs.shape == ours.shape and error <= 1e-4
    return same


def main(name, path):
    torch.manual_seed(0)
    ours = torch.jit.load(path).eval()
    state = ours.state_dict()
    vary(state)
    ours.load_state_dict(state)
    theirs = MODELS[name]().eval()
    theirs.load_state_dict(state, strict=True)
    same = True
    for length in theirs.lengths:
        inputs = inputs_of(theirs, length)
        with torch.no_grad():
            same = compare(name, length, theirs(*inputs), ours(*inputs)) and same
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
