"""Quantizes with PyTorch's own tooling and prints seconds and peak memory as JSON.

    pytorch.py static MODEL.pt CALIBRATION.pt OBSERVER ENGINE THREADS OUT.pt
    pytorch.py dynamic MODEL.eager ENGINE THREADS OUT.pt

Only the quantization is timed; the peak is the process's, resident.
"""
import json
import resource
import sys
import time
import warnings

import torch
from torch.ao.quantization import (HistogramObserver, MinMaxObserver, PerChannelMinMaxObserver,
                                   QConfig, get_default_qconfig, quantize_dynamic, quantize_jit)

warnings.filterwarnings("ignore")


def qconfig(observer, engine):
    if observer == "default":
        return get_default_qconfig(engine)
    kinds = {"histogram": HistogramObserver, "min-max": MinMaxObserver}
    weight = PerChannelMinMaxObserver.with_args(dtype=torch.qint8, qscheme=torch.per_channel_symmetric)
    return QConfig(activation=kinds[observer].with_args(dtype=torch.quint8), weight=weight)


def static(model_path, data_path, observer, engine, threads, out):
    configure(engine, threads)
    model = torch.jit.load(model_path).eval()
    images = torch.load(data_path)

    def calibrate(prepared, data):
        with torch.no_grad():
            for image in data:
                prepared(image.unsqueeze(0))

    started = time.perf_counter()
    quantized = quantize_jit(model, {"": qconfig(observer, engine)}, calibrate, [images])
    seconds = time.perf_counter() - started
    torch.jit.save(quantized, out)
    return seconds


def dynamic(model_path, engine, threads, out):
    configure(engine, threads)
    # A whole module, which the default refuses since PyTorch 2.6.
    model = torch.load(model_path, weights_only=False)
    started = time.perf_counter()
    quantized = quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    seconds = time.perf_counter() - started
    torch.jit.script(quantized).save(out)
    return seconds


def configure(engine, threads):
    torch.backends.quantized.engine = engine
    torch.set_num_threads(int(threads))


def main():
    method, *arguments = sys.argv[1:]
    seconds = {"static": static, "dynamic": dynamic}[method](*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_rss_bytes": peak}))


main()
