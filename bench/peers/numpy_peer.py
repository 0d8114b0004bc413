"""A matrix from standard input, then a line with a number of power iterations at a time; answers with sigma and seconds."""

import json
import sys
import time

import numpy as np

rows, columns = map(int, sys.argv[1:])
count = rows * columns * 4
w = np.frombuffer(sys.stdin.buffer.read(count), dtype="<f4").reshape(rows, columns)
wt = w.T


def answer(value):
    print(json.dumps(value), flush=True)


answer({"versions": {"Python": sys.version.split()[0], "NumPy": np.__version__}})
for line in sys.stdin.buffer:
    v = np.full(columns, columns**-0.5, dtype=np.float32)
    start = time.perf_counter()
    for _ in range(int(line)):
        z = wt @ (w @ v)
        length = np.sqrt(z @ z)
        v = z / length
    seconds = time.perf_counter() - start
    answer({"sigma": float(np.sqrt(length)), "seconds": seconds})
