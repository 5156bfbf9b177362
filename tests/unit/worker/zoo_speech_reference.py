"""Loads the state dict of a recognizer into plain torch.nn modules of the same names and
compares what the parts compute. Usage: zoo_speech_reference.py FAMILY FILE HEADS"""
import math
import sys

import torch
from torch import nn
import torch.nn.functional as F


def sinusoids(positions, width):
    """Row i: sin and cos of positions[i] / 10000^(2 k / width)."""
    angles = positions.double()[:, None] / 10000 ** (torch.arange(0, width, 2) / width).double()
    table = torch.empty(len(positions), width)
    table[:, 0::2] = torch.sin(angles)
    table[:, 1::2] = torch.cos(angles)
    return table


def split(x, heads):
    return x.unflatten(-1, (heads, -1))  # [..., heads, size]


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        for name in ("q", "k", "v", "out"):
            setattr(self, "linear_" + name, nn.Linear(width, width))

    def mix(self, scores, value):
        values = split(self.linear_v(value), self.heads)
        size = values.shape[-1]
        weights = torch.softmax(scores / math.sqrt(size), -1)
        return self.linear_out(torch.einsum("nhij,njhd->nihd", weights, values).flatten(2))

    def forward(self, query, key, causal=False):
        q = split(self.linear_q(query), self.heads)
        k = split(self.linear_k(key), self.heads)
        scores = torch.einsum("nihd,njhd->nhij", q, k)
        if causal:
            later = torch.ones(scores.shape[-2:]).triu(1).bool()
            scores = scores.masked_fill(later, -math.inf)
        return self.mix(scores, key)


class RelativeAttention(Attention):
    """Scores by distance from a table of all pairs, without any shifting."""

    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.pos_bias_u = nn.Parameter(torch.empty(heads, width // heads))
        self.pos_bias_v = nn.Parameter(torch.empty(heads, width // heads))

    def forward(self, x):
        frames, width = x.shape[1:]
        i = torch.arange(frames)
        distances = (i[:, None] - i[None, :]).flatten()
        table = split(self.linear_pos(sinusoids(distances, width)), self.heads)
        table = table.unflatten(0, (frames, frames))
        q = split(self.linear_q(x), self.heads)
        k = split(self.linear_k(x), self.heads)
        scores = torch.einsum("nihd,njhd->nhij", q + self.pos_bias_u, k)
        scores = scores + torch.einsum("nihd,ijhd->nhij", q + self.pos_bias_v, table)
        return self.mix(scores, x)


class FeedForward(nn.Module):
    def __init__(self, width, inner, activation):
        super().__init__()
        self.w_1, self.w_2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.activation = activation

    def forward(self, x):
        return self.w_2(self.activation(self.w_1(x)))


class Convolution(nn.Module):
    def __init__(self, width, kernel):
        super().__init__()
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1)
        self.depthwise_conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1)

    def forward(self, x):
        x = F.glu(self.pointwise_conv1(x.mT), dim=1)
        return self.pointwise_conv2(F.silu(self.norm(self.depthwise_conv(x)))).mT


class ConformerBlock(nn.Module):
    def __init__(self, width, inner, heads, kernel):
        super().__init__()
        self.self_attn = RelativeAttention(width, heads)
        self.feed_forward = FeedForward(width, inner, F.silu)
        self.feed_forward_macaron = FeedForward(width, inner, F.silu)
        self.conv_module = Convolution(width, kernel)
        for name in ("ff", "mha", "ff_macaron", "conv", "final"):
            setattr(self, "norm_" + name, nn.LayerNorm(width, eps=1e-12))

    def forward(self, x):
        x = x + self.feed_forward_macaron(self.norm_ff_macaron(x)) / 2
        x = x + self.self_attn(self.norm_mha(x))
        x = x + self.conv_module(self.norm_conv(x))
        x = x + self.feed_forward(self.norm_ff(x)) / 2
        return self.norm_final(x)


class Subsampling(nn.Module):
    def __init__(self, width, flat):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, width, 3, 2), nn.ReLU(),
                                  nn.Conv2d(width, width, 3, 2), nn.ReLU())
        self.out = nn.Sequential(nn.Linear(flat, width))

    def forward(self, x):
        x = self.conv(x[:, None])
        return self.out(x.permute(0, 2, 1, 3).flatten(2))


class Conformer(nn.Module):
    def __init__(self, state, heads):
        super().__init__()
        width, flat = state["embed.out.0.weight"].shape
        inner = state["encoders.0.feed_forward.w_1.weight"].shape[0]
        kernel = state["encoders.0.conv_module.depthwise_conv.weight"].shape[2]
        self.embed = Subsampling(width, flat)
        self.encoders = nn.Sequential(
            *[ConformerBlock(width, inner, heads, kernel) for _ in range(count(state, "encoders"))])
        self.after_norm = nn.LayerNorm(width, eps=1e-12)
        self.scale = math.sqrt(width)

    def forward(self, speech):
        return self.after_norm(self.encoders(self.embed(speech) * self.scale))


class DecoderBlock(nn.Module):
    def __init__(self, width, inner, heads):
        super().__init__()
        self.self_attn, self.src_attn = Attention(width, heads), Attention(width, heads)
        self.feed_forward = FeedForward(width, inner, F.relu)
        self.norm1, self.norm2, self.norm3 = [nn.LayerNorm(width, eps=1e-12) for _ in range(3)]

    def forward(self, x, memory):
        y = self.norm1(x)
        x = x + self.self_attn(y, y, causal=True)
        x = x + self.src_attn(self.norm2(x), memory)
        return x + self.feed_forward(self.norm3(x))


class TransformerDecoder(nn.Module):
    def __init__(self, state, heads):
        super().__init__()
        tokens, width = state["embed.0.weight"].shape
        inner = state["decoders.0.feed_forward.w_1.weight"].shape[0]
        self.embed = nn.Sequential(nn.Embedding(tokens, width))
        self.decoders = nn.ModuleList(
            [DecoderBlock(width, inner, heads) for _ in range(count(state, "decoders"))])
        self.after_norm = nn.LayerNorm(width, eps=1e-12)
        self.output_layer = nn.Linear(width, tokens)

    def forward(self, tokens, memory):
        x = self.embed(tokens)
        width = x.shape[-1]
        x = x * math.sqrt(width) + sinusoids(torch.arange(x.shape[1]), width)
        for block in self.decoders:
            x = block(x, memory)
        return self.output_layer(self.after_norm(x))


class ProjectedLstms(nn.Module):
    def __init__(self, state):
        super().__init__()
        self.layers = len([name for name in state if name.endswith("weight_ih_l0")])
        for i in range(self.layers):
            units, features = state[f"enc.0.birnn{i}.weight_ih_l0"].shape
            lstm = nn.LSTM(features, units // 4, batch_first=True, bidirectional=True)
            setattr(self, f"birnn{i}", lstm)
            setattr(self, f"bt{i}", nn.Linear(units // 2, state[f"enc.0.bt{i}.weight"].shape[0]))

    def forward(self, x):
        for i in range(self.layers):
            x = getattr(self, f"birnn{i}")(x)[0]
            if i < 2:
                x = x[:, torch.arange(0, x.shape[1], 2)]
            x = getattr(self, f"bt{i}")(x)
            if i != self.layers - 1:
                x = x.tanh()
        return x


class Blstmp(nn.Module):
    def __init__(self, state, heads):
        super().__init__()
        self.enc = nn.ModuleList([ProjectedLstms(state)])

    def forward(self, speech):
        return self.enc[0](speech)


class LocationAttention(nn.Module):
    def __init__(self, state):
        super().__init__()
        attention, channels = state["att_list.0.mlp_att.weight"].shape
        self.mlp_enc = nn.Linear(state["att_list.0.mlp_enc.weight"].shape[1], attention)
        self.mlp_dec = nn.Linear(state["att_list.0.mlp_dec.weight"].shape[1], attention, bias=False)
        self.mlp_att = nn.Linear(channels, attention, bias=False)
        kernel = state["att_list.0.loc_conv.weight"].shape[3]
        self.loc_conv = nn.Conv2d(1, channels, (1, kernel), padding=(0, kernel // 2), bias=False)
        self.gvec = nn.Linear(attention, 1)

    def forward(self, h, before, memory):
        kernel = self.loc_conv.weight[:, :, 0]
        places = F.conv1d(before[:, None], kernel, padding=kernel.shape[2] // 2)
        energy = torch.tanh(self.mlp_enc(memory) + self.mlp_dec(h)[:, None] +
                            self.mlp_att(places.mT))
        weights = torch.softmax(2 * self.gvec(energy)[..., 0], dim=1)
        return torch.einsum("nt,ntd->nd", weights, memory), weights


class AttentionDecoder(nn.Module):
    def __init__(self, state, heads):
        super().__init__()
        tokens, units = state["embed.weight"].shape
        self.embed = nn.Embedding(tokens, units)
        inputs = state["decoder.0.weight_ih"].shape[1]
        self.decoder = nn.ModuleList([nn.LSTMCell(inputs, units)])
        self.output = nn.Linear(units, tokens)
        self.att_list = nn.ModuleList([LocationAttention(state)])

    def forward(self, tokens, memory):
        h = c = torch.zeros(len(tokens), self.embed.weight.shape[1])
        where = torch.full(memory.shape[:2], 1 / memory.shape[1])
        outputs = []
        for token in tokens.T:
            context, where = self.att_list[0](h, where, memory)
            h, c = self.decoder[0](torch.cat([self.embed(token), context], 1), (h, c))
            outputs.append(self.output(h))
        return torch.stack(outputs, 1)


class Ctc(nn.Module):
    def __init__(self, state):
        super().__init__()
        tokens, width = state["ctc_lo.weight"].shape
        self.ctc_lo = nn.Linear(width, tokens)

    def forward(self, memory):
        return self.ctc_lo(memory).log_softmax(-1)


class LanguageModel(nn.Module):
    def __init__(self, state):
        super().__init__()
        tokens, width = state["encoder.weight"].shape
        self.encoder = nn.Embedding(tokens, width)
        layers = len([name for name in state if "weight_ih" in name])
        self.rnn = nn.LSTM(width, width, layers, batch_first=True)
        self.decoder = nn.Linear(width, tokens)

    def forward(self, tokens):
        return self.decoder(self.rnn(self.encoder(tokens))[0])


def count(state, prefix):
    return len({name.split(".")[1] for name in state if name.startswith(prefix + ".")})


def below(state, child):
    return {name[len(child) + 1:]: value for name, value in state.items()
            if name.startswith(child + ".")}


class Recognizer(nn.Module):
    def __init__(self, family, state, heads):
        super().__init__()
        encoder, decoder = {"transformer": (Conformer, TransformerDecoder),
                            "lstm": (Blstmp, AttentionDecoder)}[family]
        self.encoder = encoder(below(state, "encoder"), heads)
        self.decoder = decoder(below(state, "decoder"), heads)
        self.ctc = Ctc(below(state, "ctc"))
        self.lm = LanguageModel(below(state, "lm"))


def compare(what, expected, actual):
    error = (expected - actual).abs().max().item()
    largest = expected.abs().max().item()
    print(f"{what} {list(actual.shape)}: largest difference {error:.2e}, value {largest:.2f}")
    return expected.shape == actual.shape and error <= 1e-4 * max(1.0, largest)


def main(family, path, heads):
    ours = torch.jit.load(path).eval()
    state = ours.state_dict()
    theirs = Recognizer(family, state, int(heads))
    theirs.load_state_dict(state, strict=True)
    theirs.eval()
    features = 80 if family == "transformer" else state["encoder.enc.0.birnn0.weight_ih_l0"].shape[1]
    tokens, width = state["ctc.ctc_lo.weight"].shape
    torch.manual_seed(0)
    fits = True
    with torch.no_grad():
        for frames in (23, 101, 248):
            speech = torch.randn(2, frames, features)
            memory = theirs.encoder(speech)
            fits &= compare("encoder", memory, ours.encoder(speech))
            spoken = torch.randint(0, tokens, (2, 9))
            fits &= compare("decoder", theirs.decoder(spoken, memory), ours.decoder(spoken, memory))
            fits &= compare("ctc", theirs.ctc(memory), ours.ctc(memory))
            fits &= compare("lm", theirs.lm(spoken), ours.lm(spoken))
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
