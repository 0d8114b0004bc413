"""A float32 matrix from standard input, then the name of a peer a line; answers with sigma and the seconds it took."""

import json
import sys
import time

import numpy as np
import scipy
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_info

try:
    import torch
except ImportError:
    torch = None

rows, columns = map(int, sys.argv[1:])
w = np.frombuffer(sys.stdin.buffer.read(rows * columns * 4), dtype="<f4").reshape(rows, columns)

# What svds passes to its solvers is the square of `tol`. Without vectors each is at its fastest.
options = {"k": 1, "return_singular_vectors": False}
generator = np.random.default_rng(0)
peers = {
    "svds, ARPACK": lambda: svds(w, tol=1e-6, solver="arpack", rng=generator, **options)[0],
    "svds, ARPACK, tol=1e-3": lambda: svds(w, tol=1e-3, solver="arpack", rng=generator, **options)[0],
    # `maxiter` is the largest space; the default of 10 does not suffice.
    "svds, PROPACK": lambda: svds(w, tol=1e-6, solver="propack", maxiter=min(400, rows), rng=generator, **options)[0],
    "numpy.linalg.norm": lambda: np.linalg.norm(w, 2),
}
versions = {"NumPy": np.__version__, "SciPy": scipy.__version__}
if torch is not None:
    torch.set_num_threads(1)
    tensor = torch.from_numpy(w.copy())
    peers["torch.linalg.matrix_norm"] = lambda: torch.linalg.matrix_norm(tensor, 2)
    versions["PyTorch"] = torch.__version__

blas = sorted({f"{pool['internal_api']} {pool['version']} {pool.get('architecture')}, {pool['num_threads']} thread"
               for pool in threadpool_info() if pool["user_api"] == "blas"})  # fmt: skip
reference = {"reference": lambda: np.linalg.norm(w.astype(np.float64), 2)}


def answer(value):
    print(json.dumps(value), flush=True)


answer({"versions": {"Python": sys.version.split()[0], **versions}, "blas": blas, "peers": list(peers)})
for line in sys.stdin:
    try:
        run = (peers | reference)[line.strip()]
        start = time.perf_counter()
        sigma = float(run())
        answer({"sigma": sigma, "seconds": time.perf_counter() - start})
    except Exception as error:  # noqa: BLE001, for whatever it is, the other side reports it
        answer({"error": f"{type(error).__name__}: {error}"})
