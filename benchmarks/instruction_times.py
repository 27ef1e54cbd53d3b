"""Processor time of single vector instructions of elementwise programs over data in L1, for 16 elements.

python benchmarks/instruction_times.py
"""

from __future__ import annotations

import time

import numpy as np

from gradtape._engine.kernels import checks

SIZE, REPEAT, ROUNDS = 1024, 100, 300


def nanoseconds(code: str, out: np.ndarray, *operands: np.ndarray) -> float:
    """The minimum time of an instruction, for 16 elements."""
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        checks.run(code, out, *operands, repeat=REPEAT)
        least = min(least, time.thread_time() - start)
    return least / REPEAT / (SIZE / 16) * 1e9


def main() -> None:
    memory = np.empty(4 * SIZE, np.float32)
    memory = memory[-memory.ctypes.data // 4 % 16 :]  # aligned to cache lines: sums across them take half as long again
    x, out = memory[:SIZE], memory[2 * SIZE : 3 * SIZE]
    x[:] = np.linspace(0.1, 3, SIZE)
    for code, *more in ("TANH",), ("EXP",), ("DIV", x), ("ADD", x), ("NEG",):
        print(f"{code:<5}{nanoseconds(code, out, x, *more):>6.2f} ns")


if __name__ == "__main__":
    main()
