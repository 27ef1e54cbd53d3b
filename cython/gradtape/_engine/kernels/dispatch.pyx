"""Chooses at import the kernel set that is fastest on this processor.

The environment variable GRADTAPE_ISA (baseline, avx2 or avx512) overrides the choice.
"""

import importlib
import os

cdef extern from "compiler.h":
    bint gradtape_has_avx2()
    bint gradtape_has_avx512()
    const char* GRADTAPE_COMPILER


def available():
    """The names of the kernel sets that this processor can run, fastest first."""
    names = ["baseline"]
    if gradtape_has_avx2():
        names.insert(0, "avx2")
    if gradtape_has_avx512():
        names.insert(0, "avx512")
    return names


def _choose():
    names = available()
    wanted = os.environ.get("GRADTAPE_ISA") or names[0]
    if wanted not in names:
        raise ImportError(f"GRADTAPE_ISA={wanted!r} is not a kernel set that this processor can run; "
                          f"choose one of {', '.join(names)}, or unset it.")
    return wanted


cdef str _isa = _choose()
_chosen = importlib.import_module(f"gradtape._engine.kernels.{_isa}")
kernels = (<const Kernels*><size_t>_chosen.table())[0]
_rules = importlib.import_module(f"gradtape._engine.kernels.rules_{_isa}")
rules = (<const Rules*><size_t>_rules.rules())[0]
# By rule: its index in the table, and the names of its hyperparameters in order.
PLACES = _rules.PLACES


def isa():
    """The name of the kernel set in use: 'baseline', 'avx2' or 'avx512'."""
    return _isa


def compiler():
    """The name and version of the compiler that built the engine."""
    return GRADTAPE_COMPILER.decode()


# On AMD's AVX-512 processors the OpenBLAS in NumPy's wheels uses its AVX2 kernels, of half the vector width. On Intel's the kernels
# here are faster up to about 1500³, and OpenBLAS up to 5% faster beyond. This holds for GCC; clang keeps the tiles' sums in memory.
outruns_blas = _isa == "avx512" and compiler().startswith("GCC")
