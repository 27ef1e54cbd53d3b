"""Builds the compiled engine of cython/gradtape; everything else about the package is in pyproject.toml."""

import os
import platform
from pathlib import Path

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

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "nonecheck": False,
    # Typed arguments refuse None, which would be read as if it were an object of the type.
    "allow_none_for_extension_args": False,
    "embedsignature": False,
    # Of methods that do not bind; what users see of a signature.
    "embedsignature.format": "clinic",
    "freethreading_compatible": False,
}


class BuildEngine(build_ext):
    """build_ext that translates all modules side by side, then compiles them side by side.

    Both happen when extensions are built and not when this file is read, so that a source distribution compiles nothing
    and needs neither Cython nor NumPy.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()

    def build_extensions(self) -> None:
        import numpy
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            include_path=["cython"],
            nthreads=self.parallel,
            force=self.force,
            compiler_directives=DIRECTIVES,
            annotate=bool(os.environ.get("GRADTAPE_ANNOTATE")),
        )
        by_name = {extension.name: extension for extension in translated}
        # setuptools has notes of its own on its extensions, so they stay and take over what is to be compiled.
        for extension in self.extensions:
            extension.sources = by_name[extension.name].sources
            extension.depends = by_name[extension.name].depends
            extension.include_dirs.append(numpy.get_include())
        super().build_extensions()


def extensions() -> list[Extension]:
    """One extension per .pyx room of the engine."""
    rooms = []
    for source in sorted(ENGINE.glob("*.pyx")):
        kernel_set = KERNEL_SETS.get(source.stem.removeprefix("_kernels_"))
        rooms.append(
            Extension(
                f"gradtape.{source.stem}",
                [str(source)],
                include_dirs=[str(ENGINE)],
                depends=[] if kernel_set is None else [str(ENGINE / "tile.h")],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
                extra_compile_args=FLAGS + ([] if kernel_set is None else KERNEL_FLAGS + kernel_set),
                extra_link_args=LINK_FLAGS,
            )
        )
    names = {f"gradtape._kernels_{name}" for name in KERNEL_SETS}
    return [room for room in rooms if not room.name.startswith("gradtape._kernels_") or room.name in names]


if __name__ == "__main__":  # processes that translate read this file, too, where they are not forked
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildEngine})
