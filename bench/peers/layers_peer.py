"""
Float32 weights from standard input, their shapes as arguments like 128x1152; then a line "plain 20" a time: so many training steps,
of which each normalizes every weight under torch.nn.utils.spectral_norm. Answers with the sum of the last sigmas and the seconds.
"gradient" records the steps for a backward pass, as training does; "plain" does not, which is faster.
"""

import json
import sys
import time

import numpy as np
import torch

torch.set_num_threads(1)


def normalized(rows, columns):
    """A layer whose pre-forward hook normalizes its weight, which is all that a step asks of it here."""
    weight = np.frombuffer(sys.stdin.buffer.read(rows * columns * 4), dtype="<f4").reshape(rows, columns)
    layer = torch.nn.Linear(columns, rows, bias=False)
    layer.weight.data.copy_(torch.from_numpy(weight.copy()))
    layer = torch.nn.utils.spectral_norm(layer)
    # A start that both sides have.
    layer.weight_u.fill_(rows**-0.5)
    layer.weight_v.fill_(columns**-0.5)
    (hook,) = layer._forward_pre_hooks.values()
    return layer, hook


layers = [normalized(*map(int, shape.split("x"))) for shape in sys.argv[1:]]


def answer(value):
    print(json.dumps(value), flush=True)


@torch.no_grad()
def sigma(layer):
    return float(torch.dot(layer.weight_u, layer.weight_orig @ layer.weight_v))


answer({"versions": {"Python": sys.version.split()[0], "NumPy": np.__version__, "PyTorch": torch.__version__}})
for line in sys.stdin:
    name, count = line.split()
    with torch.set_grad_enabled(name == "gradient"):
        start = time.perf_counter()
        for _ in range(int(count)):
            for layer, hook in layers:
                hook(layer, None)
        seconds = time.perf_counter() - start
    answer({"sigma": sum(sigma(layer) for layer, _ in layers), "seconds": seconds})
