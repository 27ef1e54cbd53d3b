"""The reference: a page for every public module, generated from its docstrings when the site is built. See hooks.py.

A function or class is described on the page of the first module that has it, the top-level one first, and listed
with a link in each other one.
"""

from __future__ import annotations

import enum
import functools
import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import gradtape

SECTIONS = re.compile(r"^(Args|Attributes|Returns|Raises|Example):\n", re.MULTILINE)
TITLES = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns", "Raises": "Raises"}


@functools.cache
def places() -> dict[ModuleType, list[str]]:
    """The public modules, sorted by name, each with the names under which programs reach it."""
    found: dict[ModuleType, list[str]] = {gradtape: ["tf"]}
    waiting = [(gradtape, "tf")]
    while waiting:
        place, path = waiting.pop()
        for name in dir(place):
            part = getattr(place, name)
            if not name.startswith("_") and inspect.ismodule(part):
                if part not in found:
                    waiting.append((part, f"{path}.{name}"))
                found.setdefault(part, []).append(f"{path}.{name}")
    return dict(sorted(found.items(), key=lambda item: item[0].__name__))


def modules() -> list[ModuleType]:
    return list(places())


def title(module: ModuleType) -> str:
    return re.sub(r"^gradtape\b", "tf", module.__name__)


def is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", None) or "").startswith("gradtape")


def names(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """A module's names and values for programs, except further modules."""
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if not name.startswith("_") and not inspect.ismodule(value) and (is_ours(value) or not callable(value)):
            yield name, value


def described(module: ModuleType) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in names(module) if callable(value) and is_ours(value))


def members(thing: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class has beyond those of its public base classes."""
    found: dict[str, Any] = {}
    public = [base for base in thing.__mro__[1:] if id(base) in HOMES]
    for base in thing.__mro__:
        if is_ours(base):
            for name, member in vars(base).items():
                inherited = any(inspect.getattr_static(other, name, None) is member for other in public)
                if not name.startswith("_") and not inherited:
                    found.setdefault(name, member)
    for name in sorted(found):
        # Methods and properties, not constants, whose docstrings are those of their types.
        if inspect.getdoc(found[name]) and hasattr(found[name], "__get__"):
            yield name, found[name]


def homes() -> dict[int, str]:
    """The name under which each function and class is described, by identity."""
    found: dict[int, str] = {}
    for module in modules():
        for name, value in described(module):
            found.setdefault(id(value), f"{title(module)}.{name}")
    return found


HOMES = homes()


def links() -> dict[str, str]:
    """The page and the anchor of every public name, methods included, under all names that programs may write."""
    found = {}
    for module, paths in places().items():
        here = {"": f"{title(module)}.md"}
        for name, value in described(module):
            home = HOMES[id(value)]
            page = f"{home.rpartition('.')[0]}.md"
            here[f".{name}"] = f"{page}#{home}"
            for member in dict(members(value)) if inspect.isclass(value) else ():
                here[f".{name}.{member}"] = f"{page}#{home}.{member}"
        for path in {title(module), *paths}:
            found.update({path + name: link for name, link in here.items()})
    return found


def escaped(text: str) -> str:
    """Prose of a docstring as Markdown: text outside of backticks is literal."""
    text = re.sub(r":\w+:`", "`", text)
    parts = re.split(r"(``.*?``|`[^`]*`)", text, flags=re.DOTALL)
    return "".join(part if i % 2 else re.sub(r"([\\*_<\[\]|#{}])", r"\\\1", part) for i, part in enumerate(parts))


def sections(thing: Any) -> dict[str, str]:
    """The text before the first heading under "", and that of each heading."""
    parts = SECTIONS.split(inspect.getdoc(thing) or "")
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def summary(thing: Any) -> str:
    return escaped(" ".join(sections(thing)[""].split("\n\n")[0].split()))


def entries(text: str) -> Iterator[tuple[str, str]]:
    """The entries of an Args or Raises section: names, and their descriptions."""
    for entry in re.split(r"\n(?=  \S)", text.rstrip()):
        name, _, said = " ".join(entry.split()).partition(": ")
        yield name, said


def signature(name: str, thing: Any) -> str:
    """Its signature, with defaults and without types."""
    try:
        found = inspect.signature(thing)
    except ValueError:
        if "Args" not in sections(thing):
            return f"{name}()"
        return f"{name}({', '.join(argument for argument, _ in entries(sections(thing)['Args']))})"
    parameters = [p.replace(annotation=p.empty) for p in found.parameters.values() if p.name not in ("self", "cls")]
    shown = []
    for parameter in parameters:
        text = str(parameter)
        if parameter.default is not parameter.empty and (" at 0x" in text or "<" in text):
            text = f"{parameter.name}=..."
        shown.append(text)
    # Parameters before / are positional only, and those after * keyword only.
    kinds = [p.kind for p in parameters]
    positional = kinds.count(inspect.Parameter.POSITIONAL_ONLY)
    if positional:
        shown.insert(positional, "/")
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        shown.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY) + bool(positional), "*")
    line = f"{name}({', '.join(shown)})"
    return line if len(line) <= 88 else f"{name}(\n    " + ",\n    ".join(shown) + ",\n)"


def body(thing: Any) -> Iterator[str]:
    """A docstring as paragraphs of Markdown."""
    told = sections(thing)
    yield escaped(told[""].strip())
    for heading, caption in TITLES.items():
        if heading not in told:
            continue
        yield f"**{caption}**"
        if heading == "Returns":
            yield escaped(" ".join(told[heading].split()))
        else:
            yield "\n".join(
                f"- `{name}`: {escaped(said)}" if said else f"- {escaped(name)}"
                for name, said in entries(told[heading])
            )
    if "Example" in told:
        yield "**Example**"
        yield f"```pycon\n{inspect.cleandoc(told['Example'])}\n```"


def of_function(name: str, thing: Any, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{name.removeprefix('tf.')}` {{ #{name} }}"
    yield f"```python\n{signature(name, thing)}\n```"
    yield from body(thing)


def of_class(name: str, thing: type) -> Iterator[str]:
    yield from of_function(name, thing, 2)
    bases = [HOMES[id(base)] for base in thing.__mro__[1:] if id(base) in HOMES]
    if bases:
        yield f"Has all that `{bases[0]}` has, and:" if dict(members(thing)) else f"Has all that `{bases[0]}` has."
    if issubclass(thing, enum.Enum):
        yield "\n".join(f"- `{name}.{member.name}` = `{member.value!r}`" for member in thing)
    short, long = [], []
    for member, found in members(thing):
        full = f"{name}.{member}"
        attribute = inspect.getattr_static(thing, member)
        is_property = not isinstance(attribute, (staticmethod, classmethod)) and not callable(attribute)
        if is_property or len(sections(getattr(thing, member))) == 1:
            told = summary(found if is_property else getattr(thing, member))
            short.append(f"- `{member}{'' if is_property else '()'}`{{ #{full} }}: {told}")
        else:
            long.append((full, getattr(thing, member)))
    if short:
        yield "\n".join(short)
    for full, method in long:
        yield from of_function(full, method, 3)


def page(module: ModuleType) -> str:
    """A module's page: its contents, and the descriptions that belong here."""
    place = title(module)
    said = " ".join((inspect.getdoc(module) or "").split())
    said = re.sub(r"^(tf[\w.]*|gradtape)[:.] *", "", said) or "Names that programs look for here."
    parts = [f"# {place}", escaped(said[0].upper() + said[1:])]
    others = sorted(set(places()[module]) - {place})
    if others:
        parts.append(f"Also {', '.join(f'`{other}`' for other in others)}.")
    inner = [other for other in modules() if title(other).rpartition(".")[0] == place]
    if inner:
        parts.append("Further modules: " + ", ".join(f"`{title(other)}`" for other in inner) + ".")
    rows = [f"| `{place}.{name}` | {summary(value)} |" for name, value in described(module)]
    if rows:
        parts.append("\n".join(["| name | |", "| --- | --- |", *rows]))
    values = [f"`{name}`" for name, value in names(module) if not callable(value)]
    if values:
        parts.append(f"Values: {', '.join(values)}.")
    for name, value in described(module):
        full = f"{place}.{name}"
        if HOMES[id(value)] == full:
            maker: Callable[..., Iterator[str]] = of_class if inspect.isclass(value) else of_function
            parts.extend(maker(full, value) if inspect.isclass(value) else maker(full, value, 2))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    return {f"{title(module)}.md": page(module) for module in modules()}
