"""Builds the compiled engine of cython/gradtape; everything else about the package is in pyproject.toml."""

import os
import platform
import runpy
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ENGINE = Path("cython/gradtape")

# IEEE results are part of the contract (a tutorial depends on inf/inf being NaN), so never -ffast-math. Interpreters
# ask their extensions to be compiled with -fwrapv; nothing here counts beyond an integer's end, and loops are quicker
# without.
FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fno-wrapv", "-fvisibility=hidden"]
FLAGS += ["-fno-plt", "-g0", "-Wall"]
LINK_FLAGS = [] if os.environ.get("GRADTAPE_SYMBOLS") else ["-s"] if platform.system() == "Linux" else []

# One source, kernels.pxi, is compiled once per instruction set; _kernels picks one at import. A loop over an elementary
# function vectorises only if the whole function is inlined, and threading jumps would compute its polynomial twice.
KERNEL_FLAGS = ["-finline-limit=8000", "-fno-thread-jumps"]
KERNEL_SETS = {"baseline": []}
if platform.machine() in ("x86_64", "AMD64"):
    KERNEL_SETS["avx2"] = ["-mavx2", "-mfma"]
    KERNEL_SETS["avx512"] = [f"-mavx512{part}" for part in ("f", "dq", "bw", "vl")]
    KERNEL_SETS["avx512"] += ["-mfma", "-mprefer-vector-width=512"]


class ParallelBuild(build_ext):
    """build_ext that compiles the rooms side by side."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()


def extensions() -> list[Extension]:
    """One extension per .pyx room of the engine."""
    rooms = []
    for source in sorted(ENGINE.glob("*.pyx")):
        kernel_set = KERNEL_SETS.get(source.stem.removeprefix("_kernels_"))
        rooms.append(
            Extension(
                f"gradtape.{source.stem}",
                [str(source)],
                include_dirs=[numpy.get_include(), str(ENGINE)],
                depends=[] if kernel_set is None else [str(ENGINE / "tile.h")],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
                extra_compile_args=FLAGS + ([] if kernel_set is None else KERNEL_FLAGS + kernel_set),
                extra_link_args=LINK_FLAGS,
            )
        )
    names = {f"gradtape._kernels_{name}" for name in KERNEL_SETS}
    return [room for room in rooms if not room.name.startswith("gradtape._kernels_") or room.name in names]


# The codes and loops of vector instructions, which the sources include.
runpy.run_path("cython/generate.py")["write"]()

setup(
    ext_modules=cythonize(
        extensions(),
        include_path=["cython"],
        nthreads=os.cpu_count() or 1,
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
            "nonecheck": False,
            "embedsignature": False,
            "freethreading_compatible": False,
        },
        annotate=bool(os.environ.get("GRADTAPE_ANNOTATE")),
    ),
    cmdclass={"build_ext": ParallelBuild},
)
