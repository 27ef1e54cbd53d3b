"""The order of a program's instructions.

Arithmetic that directly follows the instruction whose value it uses takes it from registers (kernels/chains.h),
and a value without other uses is never stored. So a formula is divided into chains as long as possible, and these are
ordered. If a kernel set has no exponentials in chains, the engine divides these further.
"""

from __future__ import annotations

from gradtape._src.table.expressions import Expr, nodes

# Instructions of chains, with the operands that may be the previous instruction's result.
FIRST, EITHER = (0,), (0, 1)
FOLLOWS = {
    "neg": FIRST,
    "square": FIRST,
    "add": EITHER,
    "sub": EITHER,
    "mul": EITHER,
    "div": EITHER,
    "exp": FIRST,
    "sigmoid": FIRST,
    "tanh": FIRST,
    "tanh_grad": EITHER,
    "sigmoid_grad": EITHER,
}

# Instructions that take less time than storing their value and reading it again.
CHEAP = ("add", "sub", "mul")


def arranged(root: Expr) -> tuple[Expr, list[Expr]]:
    """A formula and its steps in chains.

    Where that stores fewer values, the formula is changed to compute arithmetic of an operand and a constant anew for
    every use.
    """
    steps = in_chains([node for node in nodes(root, True) if node.args])
    repeating = _repeating(root)
    if repeating is not root:
        others = in_chains([node for node in nodes(repeating, True) if node.args])
        if _stored(others) < _stored(steps):
            return repeating, others
    return root, steps


def _repeating(root: Expr) -> Expr:
    """The formula with a node of its own for every use of cheap arithmetic of an operand and a constant."""
    made: dict[Expr, Expr] = {}
    used: set[Expr] = set()

    def argument(arg: Expr, user: Expr) -> Expr:
        if arg in used and user.args.count(arg) == 1 and _is_cheap(arg):
            return Expr(arg.code, arg.args, arg.value)
        used.add(arg)
        return made[arg]

    for node in nodes(root, True):
        args = tuple(argument(arg, node) for arg in node.args)
        made[node] = node if args == node.args else Expr(node.code, args, node.value)
    return made[root]


def _is_cheap(step: Expr) -> bool:
    return step.code in CHEAP and sorted(arg.code for arg in step.args) == ["constant", "operand"]


def _stored(steps: list[Expr]) -> int:
    """How many values are stored: those that others than the next step of the same chain read, and the last."""
    readers: dict[Expr, list[int]] = {}
    for place, step in enumerate(steps):
        for arg in set(step.args):
            readers.setdefault(arg, []).append(place)
    return sum(
        readers.get(step) != [place + 1] or step not in _followed(steps[place + 1]) for place, step in enumerate(steps)
    )


def in_chains(steps: list[Expr]) -> list[Expr]:
    """The steps of a formula in another topological order, with the same last step."""
    chains: list[list[Expr]] = []
    needs: list[set[int]] = []  # per chain, the other chains whose values it reads
    place: dict[Expr, int] = {}
    uses: dict[Expr, int] = {}
    for step in steps:
        for arg in step.args:
            uses[arg] = uses.get(arg, 0) + 1
    for step in steps:
        read = {place[arg] for arg in step.args if arg in place}
        for arg in sorted(_followed(step), key=lambda arg: uses[arg]):
            chain = place.get(arg)
            if chain is None or chains[chain][-1] is not arg:
                continue
            others = read - {chain}
            if not _reaches(others, chain, needs):
                chains[chain].append(step)
                needs[chain] |= others
                place[step] = chain
                break
        else:
            place[step] = len(chains)
            chains.append([step])
            needs.append(read)
    ordered: dict[int, None] = {}

    def visit(chain: int) -> None:
        # Depth first, which keeps fewer values alive.
        for other in sorted(needs[chain], key=lambda other: (-chains[other][-1].depth, other)):
            if other not in ordered:
                visit(other)
        ordered[chain] = None

    visit(place[steps[-1]])
    return [step for chain in ordered for step in chains[chain]]


def _followed(step: Expr) -> list[Expr]:
    """The operands of a step that may be the previous step's result: arithmetic that the step reads once."""
    positions = FOLLOWS.get(step.code, ())
    return [step.args[k] for k in positions if step.args[k].code in FOLLOWS and step.args.count(step.args[k]) == 1]


def _reaches(starts: set[int], goal: int, needs: list[set[int]]) -> bool:
    """Whether one of the chains depends on another, directly or not."""
    seen, waiting = set(starts), list(starts)
    while waiting:
        chain = waiting.pop()
        if chain == goal:
            return True
        waiting += needs[chain] - seen
        seen |= needs[chain]
    return False
