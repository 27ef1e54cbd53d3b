"""What `explain_plan` says."""

from __future__ import annotations

from collections import Counter
from typing import Any


def explain(name: str, plans: dict[Any, Any], named: Any) -> str:
    """A text about a function's plans: steps before and after planning, branches, and what is not compiled and why."""
    if not plans:
        return f"{name}: not called yet, or its variables were made in the only call so far"
    return "\n\n".join(_of_plan(f"{name}({named(key[0])})", key[1], plan) for key, plan in plans.items())


def _of_plan(title: str, recorded: bool, plan: Any) -> str:
    lines = [title + (", recorded by a tape around it" if recorded else "")]
    if plan.failure is not None:
        return "\n".join([*lines, f"  runs eagerly: {plan.failure}"])
    traced, kept = _steps(plan.root, "steps"), _steps(plan.root, "plan")
    lines.append(f"  steps traced: {len(traced)}, repeated: {len(kept)}; branches: {plan.leaves}")
    counts = Counter(step.name for step in kept if step.name != "constant")
    lines += [f"    {count:5} x {what}" for what, count in counts.most_common()]
    guards = _guards(plan.root)
    lines += [f"  guard at {file}, line {line}" for file, line in guards]
    return "\n".join(lines)


def _steps(node: Any, which: str) -> list[Any]:
    found = list(getattr(node, which))
    for child in node.children.values():
        found += _steps(child, which)
    return found


def _guards(node: Any) -> list[Any]:
    found = [] if node.guard is None else [node.guard.place]
    for child in node.children.values():
        found += _guards(child)
    return list(dict.fromkeys(found))
