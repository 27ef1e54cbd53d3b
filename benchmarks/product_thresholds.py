"""The sizes at which direct, shared and BLAS products are fastest: times them for many shapes, in every transposition.

    python benchmarks/product_thresholds.py [float32 | float64]

The constants in the engine's compute/matmul.pyx come from its columns, each the minimum of many short runs: one thread
on unpacked operands; all threads, with packing of large operands; and BLAS with its default number of threads.
Run it on a quiet machine. BLAS is timed last, because its threads keep spinning for a while after a product.
"""

import sys
from time import perf_counter

import numpy as np

from gradtape._engine.kernels import checks, dispatch

SHAPES = [
    *[(n, n, n) for n in (8, 16, 32, 48, 64, 80, 96, 128, 160)],
    *[(32, 64, 64), (64, 64, 32), (16, 32, 32), (32, 128, 128), (256, 64, 64), (128, 128, 784), (784, 128, 128)],
    *[(32, 10, 64), (128, 10, 128), (128, 128, 10), (256, 10, 512), (1024, 10, 1024)],
    *[(1, n, n) for n in (64, 256, 1024)],
    *[(n, 1, n) for n in (64, 256, 1024)],
    *[(569, 1, 30), (30, 1, 569), (20, 20, 20), (20, 1, 20)],
    *[(256, 256, 256), (256, 512, 784), (784, 512, 256), (512, 512, 512), (1024, 1024, 1024)],
]


def best_time(m: int, n: int, k: int, transpose_a: bool, transpose_b: bool, dtype: str, how: str) -> float:
    """The minimum time of one m x n x k product, in seconds."""
    random = np.random.default_rng(0)
    a = random.normal(size=(1, k, m) if transpose_a else (1, m, k)).astype(dtype)
    b = random.normal(size=(1, n, k) if transpose_b else (1, k, n)).astype(dtype)
    c = np.empty((1, m, n), dtype)
    repeat = max(1, 300_000 // (m * n * k))
    best = np.inf
    for _ in range(25):
        start = perf_counter()
        checks.contract(c, a, b, transpose_a, transpose_b, how, repeat)
        best = min(best, (perf_counter() - start) / repeat)
    return best


def main() -> None:
    print(f"kernels: {dispatch.isa()}; microseconds")
    for dtype in sys.argv[1:] or ("float32", "float64"):
        for m, n, k in SHAPES:
            for transpose_a, transpose_b in ((False, False), (False, True), (True, False), (True, True)):
                flags = "NT"[transpose_a] + "NT"[transpose_b]
                columns = []
                for how in ("direct", "blocked", "shared direct", "shared blocked", "blas"):
                    time = best_time(m, n, k, transpose_a, transpose_b, dtype, how)
                    columns.append(f"  {how} {time * 1e6:9.2f} ({2e-9 * m * n * k / time:5.1f} GFLOP/s)")
                print(f"{dtype} {m:5}x{n:4}x{k:4} {flags} {m * n * k:>13,}", *columns, sep="", flush=True)


if __name__ == "__main__":
    main()
