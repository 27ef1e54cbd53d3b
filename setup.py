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

# Flags by purpose, for GCC-like compilers and for MSVC. Flags that the compiler does not know are omitted; a kernel set
# is not built if any of its flags is unknown.
#
# IEEE results are part of the contract (a tutorial depends on inf/inf being NaN), so never -ffast-math. Python's own
# flags include -fwrapv; no signed integer overflows in the engine, and loops are faster without.
#
# kernels.pxi and rules.pxi are compiled once per instruction set; kernels.dispatch chooses one at import. A loop over
# an elementary function is vectorised only if the whole function is inlined, and jump threading would compute its
# polynomial twice. Optimizers' steps are bitwise the same in every set, so their products and sums are not contracted.
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
# Options for debug builds: additional flags, checks, and debug symbols.
MORE_FLAGS = os.environ.get("GRADTAPE_FLAGS", "").split()
# Raises for attributes of None, which are otherwise read from memory as if it were an object of the declared type.
CHECKS = bool(os.environ.get("GRADTAPE_CHECKS"))
SYMBOLS = bool(os.environ.get("GRADTAPE_SYMBOLS"))
# Code and constants share a segment, which saves pages and time when the forty modules are imported.
LINK_FLAGS = ["-s", "-Wl,-z,noseparate-code"] if platform.system() == "Linux" and not SYMBOLS else []

# Cython's utility code (typed memoryviews, the type of its functions) is compiled once, into a module that Cython
# generates, rather than into every module that uses it: the modules would be a quarter larger in total.
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
    # Typed arguments reject None, which would be read as if it were an object of the declared type.
    "allow_none_for_extension_args": False,
    "embedsignature": False,
    # The format of signatures that users see of methods without binding.
    "embedsignature.format": "clinic",
    "freethreading_compatible": False,
}


class BuildEngine(build_ext):
    """build_ext that translates and compiles all modules in parallel, with the flags that the compiler knows.

    Translation happens when extensions are built and not when this file is read, so that making a source distribution
    compiles nothing and needs neither Cython nor NumPy.
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
        """Translates all modules to C with Cython."""
        import numpy
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            include_path=["cython"],
            nthreads=self.parallel,
            force=self.force,
            # Translations with checks are kept apart from the usual ones.
            build_dir=os.path.join(self.build_temp, "checked") if CHECKS else None,
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            annotate=bool(os.environ.get("GRADTAPE_ANNOTATE")),
        )
        by_name = {extension.name: extension for extension in translated}
        # setuptools has set attributes of its extensions, so these are kept, with the sources of the translated ones.
        for extension in self.extensions:
            extension.sources = by_name[extension.name].sources
            extension.depends = by_name[extension.name].depends
            extension.include_dirs.append(numpy.get_include())

    def knows(self, flag: str) -> bool:
        """Whether the compiler accepts a flag without a message."""
        if self.compiler.compiler_type == "msvc":
            return True
        source = Path(self.build_temp) / "flag.c"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("int flag;\n")
        command = [*self.compiler.compiler_so, "-c", str(source), "-o", str(source.with_suffix(".o"))]
        with_it, without = (subprocess.run(command + more, capture_output=True) for more in (flag.split(), []))
        return with_it.returncode == 0 and with_it.stderr == without.stderr


def extensions() -> list[Extension]:
    """One extension per module of the engine, and the shared one that Cython generates."""
    # The file has the module's full name, from which Cython derives it.
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


if __name__ == "__main__":  # worker processes of cythonize also import this file, unless they are forked
    setup(ext_modules=extensions(), cmdclass={"build_ext": BuildEngine})
