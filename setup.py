"""Builds the compiled engine of cython/gradtape; everything else about the package is in pyproject.toml."""

import os
import platform
import runpy
import subprocess
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CYTHON = Path("cython")
ENGINE = CYTHON / "gradtape" / "_engine"

# Flags by what they are for, as GCC and its relatives are told and as MSVC is. A compiler is asked which of them it
# knows, and does without the others; a kernel set of which it does not know all is not built.
#
# IEEE results are part of the contract (a tutorial depends on inf/inf being NaN), so never -ffast-math. Interpreters
# ask their extensions to be compiled with -fwrapv; nothing here counts beyond an integer's end, and loops are quicker
# without.
#
# kernels.pxi and rules.pxi are compiled once per instruction set; kernels.dispatch picks one at import. A loop over an
# elementary function vectorises only if the whole function is inlined, and threading jumps would compute its polynomial
# twice. Steps of optimizers have the same bits in every set, so their products and sums are not contracted.
FLAGS = {
    "unix": {
        "all": [
            *("-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fno-wrapv"),
            *("-fvisibility=hidden", "-fno-plt", "-g0", "-Wall"),
        ],
        "kernels": ["-finline-limit=8000", "-mllvm -inline-threshold=8000", "-fno-thread-jumps"],
        "rules": ["-ffp-contract=off"],
        "baseline": [],
        "avx2": ["-mavx2", "-mfma"],
        "avx512": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"],
    },
    "msvc": {
        "all": ["/O2", "/fp:precise", "/W3"],
        "kernels": ["/Ob3"],
        "rules": [],
        "baseline": [],
        "avx2": ["/arch:AVX2"],
        "avx512": ["/arch:AVX512"],
    },
}
SETS = ("baseline", "avx2", "avx512")
# Further flags for a build that is to be debugged, and what is left out of one that is not.
MORE_FLAGS = os.environ.get("GRADTAPE_FLAGS", "").split()
# Fields of None raise, which else are read as if it were an object of the type.
CHECKS = bool(os.environ.get("GRADTAPE_CHECKS"))
SYMBOLS = bool(os.environ.get("GRADTAPE_SYMBOLS"))
# Code and constants in one segment: of forty modules that importing maps, each takes fewer pages and less time.
LINK_FLAGS = ["-s", "-Wl,-z,noseparate-code"] if platform.system() == "Linux" and not SYMBOLS else []

# What Cython puts into every module that uses it (typed memoryviews, the type of its functions) is compiled once, in a
# module that Cython writes: without it modules would be a quarter larger together.
SHARED = "gradtape._engine.base.cython_shared"

HEADERS = (
    *("base/compiler.h", "base/crc32c.h", "base/halves.h", "base/sums.h"),
    *("kernels/chains.h", "kernels/exponentials.h", "kernels/links.h", "kernels/rows.h", "kernels/tile.h"),
    "kernels/vectors.h",
)

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "nonecheck": CHECKS,
    # Typed arguments refuse None, which would be read as if it were an object of the type.
    "allow_none_for_extension_args": False,
    "embedsignature": False,
    # Of methods that do not bind; what users see of a signature.
    "embedsignature.format": "clinic",
    "freethreading_compatible": False,
}


class BuildEngine(build_ext):
    """build_ext that translates all modules side by side and compiles them so, with the flags that the compiler knows.

    Both happen when extensions are built and not when this file is read, so that a source distribution compiles nothing
    and needs neither Cython nor NumPy.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()

    def build_extensions(self) -> None:
        kind = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        known = {use: [flag for flag in flags if self.knows(flag)] for use, flags in FLAGS[kind].items()}
        modules = []
        for module in self.extensions:
            package, _, name = module.name.rpartition(".")
            use, _, instructions = name.rpartition("_")
            if package.endswith(".kernels") and instructions in SETS:
                if known[instructions] != FLAGS[kind][instructions]:
                    continue
                module.extra_compile_args += known[use or "kernels"] + known[instructions]
            module.extra_compile_args = " ".join(known["all"] + module.extra_compile_args + MORE_FLAGS).split()
            modules.append(module)
        self.extensions[:] = modules
        # The codes and loops of vector instructions, which the sources include.
        runpy.run_path("cython/generate.py")["write"]()
        self.translate()
        super().build_extensions()

    def translate(self) -> None:
        """Has Cython turn every module into C."""
        import numpy
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            include_path=["cython"],
            nthreads=self.parallel,
            force=self.force,
            # What checks is not to be taken for the sources' usual translation.
            build_dir=os.path.join(self.build_temp, "checked") if CHECKS else None,
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            annotate=bool(os.environ.get("GRADTAPE_ANNOTATE")),
        )
        by_name = {extension.name: extension for extension in translated}
        # setuptools has notes of its own on its extensions, so they stay and take over what is to be compiled.
        for extension in self.extensions:
            extension.sources = by_name[extension.name].sources
            extension.depends = by_name[extension.name].depends
            extension.include_dirs.append(numpy.get_include())

    def knows(self, flag: str) -> bool:
        """Whether the compiler takes a flag without a word."""
        if self.compiler.compiler_type == "msvc":
            return True
        source = Path(self.build_temp) / "flag.c"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("int flag;\n")
        command = [*self.compiler.compiler_so, "-c", str(source), "-o", str(source.with_suffix(".o"))]
        with_it, without = (subprocess.run(command + more, capture_output=True) for more in (flag.split(), []))
        return with_it.returncode == 0 and with_it.stderr == without.stderr


def extensions() -> list[Extension]:
    """One extension per module of the engine, and the one that Cython writes."""
    # Cython takes the module's name from the file's.
    shared = Extension(SHARED, [str(ENGINE / "base" / f"{SHARED}.c")], extra_link_args=LINK_FLAGS)
    return [
        Extension(
            ".".join(source.relative_to(CYTHON).with_suffix("").parts),
            [str(source)],
            include_dirs=[str(ENGINE / "base"), str(ENGINE / "kernels")],
            depends=[str(ENGINE / header) for header in HEADERS],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
            extra_link_args=LINK_FLAGS,
        )
        for source in sorted(ENGINE.rglob("*.pyx"))
    ] + [shared]


if __name__ == "__main__":  # processes that translate read this file, too, where they are not forked
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildEngine})
