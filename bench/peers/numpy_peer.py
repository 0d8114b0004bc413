"""A matrix from standard input, then a line with a number of power iterations at a time; answers with sigma."""

import sys

import numpy as np

rows, columns = map(int, sys.argv[1:])
count = rows * columns * 4
w = np.frombuffer(sys.stdin.buffer.read(count), dtype="<f4").reshape(rows, columns)
wt = w.T

for line in sys.stdin.buffer:
    v = np.full(columns, columns**-0.5, dtype=np.float32)
    for _ in range(int(line)):
        z = wt @ (w @ v)
        length = np.sqrt(z @ z)
        v = z / length
    print(float(np.sqrt(length)), flush=True)
