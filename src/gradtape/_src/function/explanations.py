"""The text of `explain_plan`."""

from __future__ import annotations

from collections import Counter
from typing import Any

SHARING = frozenset({"reshape", "identity", "stop_gradient"})  # ops whose results share their operands' memory
CELL = 64  # bytes stored inline in a tensor object
CONSTANT, READ = 0, 5  # kinds of steps whose results exist beforehand


def explain(name: str, plans: dict[Any, Any], named: Any) -> str:
    """Describes a function's plans: steps before and after planning, memory moved and held, branches, and what is not
    compiled and why."""
    if not plans:
        return f"{name}: not called yet, or its variables were created in the only call so far"
    return "\n\n".join(_of_plan(f"{name}({named(key[0])})", key[1], plan) for key, plan in plans.items())


def _of_plan(title: str, recorded: bool, plan: Any) -> str:
    lines = [title + (", recorded by a tape around it" if recorded else "")]
    if plan.failure is not None:
        return "\n".join([*lines, f"  runs eagerly: {plan.failure}"])
    if plan.root is None:
        return "\n".join([*lines, "  runs eagerly so far: it handled an exception in every call"])
    traced, kept = _steps(plan.root, "steps"), _steps(plan.root, "plan")
    lines.append(f"  steps traced: {len(traced)}, repeated: {len(kept)}; branches: {plan.leaves}")
    moved, held = _memory(plan.root, dict(enumerate(plan.argument_bytes)), 0)
    lines.append(f"  bytes read and written: {moved:,}; held at once besides operands and variables: {held:,}")
    if arena := max(node.code.arena_bytes for node in _nodes(plan.root)):
        lines.append(f"  arena of intermediate results: {arena:,} bytes")
    counts = Counter(step.name for step in kept if step.name != "constant")
    lines += [f"    {count:5} x {what}" for what, count in counts.most_common()]
    lines += _second_thread(plan.root)
    called = Counter(step.name for node in _nodes(plan.root) for step in node.code.called)
    if called:
        lines.append("  called in Python: " + ", ".join(f"{count} x {what}" for what, count in called.most_common()))
    lines += [f"  guard at {file}, line {line}" for file, line in _guards(plan.root)]
    return "\n".join(lines)


def _second_thread(root: Any) -> list[str]:
    """The number of products that a second thread may compute, and its timing trials, between guards."""
    lines = []
    for node in _nodes(root):
        if count := len(node.code.queued_steps):
            line = f"  products that a second thread may compute meanwhile: {count}"
            if node.code.trial is not None:
                alone, beside = (nanoseconds / 1e3 for nanoseconds in node.code.trial)
                line += (
                    f"; it {'does' if beside < alone else 'does not'}: {beside:,.0f} µs with it, {alone:,.0f} without"
                )
            lines.append(line)
    return lines


def _memory(node: Any, sizes: dict[int, int], held: int) -> tuple[int, int]:
    """The bytes that the longest way from a node on reads and writes, and the most that its results take at once.

    sizes: of the existing values; held: those of them that were computed.
    """
    sizes, moved, most = dict(sizes), 0, held
    owned: dict[int, int] = {}
    for step, last, overwritten in zip(node.plan, node.code.last_uses, node.code.overwritten, strict=True):
        sizes.update(zip(step.result_slots, step.result_bytes, strict=False))
        if step.name not in SHARING:  # ops that share memory move none
            made = {} if step.kind in (CONSTANT, READ) else {slot: sizes.get(slot, 0) for slot in step.result_slots}
            moved += sum(sizes.get(slot, 0) for slot in step.operand_slots) + sum(made.values())
            held += sum(made.values())
            if places := [slot for slot in overwritten if CELL < owned.get(slot, 0) == sum(made.values())]:
                held -= owned.pop(places[0])  # the result overwrites this operand
            owned.update(made)
        most = max(most, held)
        held -= sum(owned.pop(slot, 0) for slot in last)
    beyond = [_memory(child, sizes, held) for child in node.children.values()]
    return moved + max((way[0] for way in beyond), default=0), max([most, *(way[1] for way in beyond)])


def _steps(node: Any, which: str) -> list[Any]:
    return [step for found in _nodes(node) for step in getattr(found, which)]


def _guards(node: Any) -> list[Any]:
    return list(dict.fromkeys(found.guard.place for found in _nodes(node) if found.guard is not None))


def _nodes(node: Any) -> list[Any]:
    return [node, *(found for child in node.children.values() for found in _nodes(child))]
