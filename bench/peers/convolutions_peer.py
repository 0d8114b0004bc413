"""
A float32 kernel from standard input, its convolution as JSON in an argument; then a line "norm 3" a time: so many norms of the
dense matrix, by its singular values. "reference 1" is the same in float64. Answers with sigma and seconds.
"""

import json
import sys
import time

import numpy as np

layer = json.loads(sys.argv[1])
shape, stride, padding, groups = layer["weightShape"], layer["stride"], layer["padding"], layer.get("groups", 1)
kernel = np.frombuffer(sys.stdin.buffer.read(4 * int(np.prod(shape))), dtype="<f4").reshape(shape)
# A transposed convolution is the transposed matrix of the convolution from its output to its input.
size = layer["input"][1:]
if layer["transposed"]:
    size = [(n - 1) * stride - 2 * padding + k for n, k in zip(size, shape[2:], strict=True)]


def dense_matrix():
    """The convolution applied to every unit image; rows are outputs."""
    outputs, inputs, *window = shape
    height, width = [(n + 2 * padding - k) // stride + 1 for n, k in zip(size, window, strict=True)]
    matrix = np.zeros((outputs, height, width, inputs * groups, *size), dtype=np.float32)
    for y, x, i, j in np.ndindex(height, width, *window):
        row, column = y * stride + i - padding, x * stride + j - padding
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            continue
        for group in range(groups):
            ours = slice(group * outputs // groups, (group + 1) * outputs // groups)
            theirs = slice(group * inputs, (group + 1) * inputs)
            matrix[ours, y, x, theirs, row, column] = kernel[ours, :, i, j]
    return matrix.reshape(outputs * height * width, -1)


matrix = dense_matrix()


def answer(value):
    print(json.dumps(value), flush=True)


answer({"versions": {"Python": sys.version.split()[0], "NumPy": np.__version__}, "shape": matrix.shape})
for line in sys.stdin:
    name, count = line.split()
    subject = matrix if name == "norm" else matrix.astype(np.float64)
    start = time.perf_counter()
    for _ in range(int(count)):
        sigma = np.linalg.norm(subject, 2)
    answer({"sigma": float(sigma), "seconds": time.perf_counter() - start})
