"""An explanation as HTML: the picture, and every step to be expanded."""

from __future__ import annotations

from html import escape

from gradtape._src.explain.as_svg import MANY, groups_of
from gradtape._src.explain.explanation import Explained, Explanation, Flow
from gradtape._src.explain.lines import short_file
from gradtape._src.explain.notation import text
from gradtape._src.explain.numbers import shape, shown

_OPEN = 8  # maximum number of steps that are expanded initially

STYLE = """
.gt-explanation { --page: #ffffff; --ink: #1b1f24; --soft: #57606a; --edge: #d0d7de; --box: #f6f8fa; --gradient:
#8250df;
  --focus: #0969da; color: var(--ink); background: var(--page); font: 15px/1.5 system-ui, sans-serif; padding: 1rem;
  max-width: 68rem; box-sizing: border-box; margin: 0 auto; }
@media (prefers-color-scheme: dark) { .gt-explanation { --page: #0d1117; --ink: #e6edf3; --soft: #9198a1;
  --edge: #3d444d; --box: #161b22; --gradient: #c297ff; --focus: #4493f8; } }
.gt-explanation h1 { font-size: 1.35rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
.gt-explanation h2 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; }
.gt-explanation code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.gt-explanation .picture { overflow: auto; max-height: 44rem; border: 1px solid var(--edge); border-radius: 6px; }
.gt-explanation .picture svg { display: block; margin: 0 auto; }
.gt-explanation details { border: 1px solid var(--edge); border-radius: 6px; margin: .4rem 0; background: var(--box); }
.gt-explanation details details { margin: .4rem .6rem; background: var(--page); }
.gt-explanation summary { padding: .35rem .7rem; cursor: pointer; overflow-wrap: anywhere; }
.gt-explanation summary:focus-visible, .gt-explanation .picture:focus-visible { outline: 2px solid var(--focus);
  outline-offset: 1px; }
.gt-explanation .soft { color: var(--soft); }
.gt-explanation dl { display: grid; grid-template-columns: 6.2rem 1fr; gap: .15rem .8rem; margin: 0; padding: .4rem
.8rem .7rem; } .gt-explanation dt { color: var(--soft); }
.gt-explanation dd { margin: 0; min-width: 0; }
.gt-explanation .gradient { color: var(--gradient); }
.gt-explanation .tables { overflow-x: auto; }
.gt-explanation table { border-collapse: collapse; }
.gt-explanation th, .gt-explanation td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid
var(--edge);
  vertical-align: top; }
@media (max-width: 36rem) { .gt-explanation dl { grid-template-columns: 1fr; } .gt-explanation dt { margin-top: .3rem; }
  .gt-explanation thead { display: none; }
  .gt-explanation :is(table, tbody, tr, th, td) { display: block; border: 0; padding: 0; }
  .gt-explanation tr { border-bottom: 1px solid var(--edge); padding: .35rem 0; } }
"""


def page(explanation: Explanation) -> str:
    """A whole page."""
    title = escape(_title(explanation))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>'
        "<style>body { margin: 0; background: #ffffff; } "
        "@media (prefers-color-scheme: dark) { body { background: #0d1117; } }</style></head>"
        f"<body><main>{fragment(explanation)}</main></body></html>\n"
    )


def fragment(explanation: Explanation) -> str:
    """The contents of a notebook's cell."""
    folding = len(explanation.steps) > MANY
    groups = groups_of(explanation.steps) if folding else [[step] for step in explanation.steps]
    opened = len(explanation.steps) <= _OPEN
    steps = "".join(_group(explanation, group, opened) for group in groups)
    return (
        f"<style>{STYLE}</style>"
        f'<section class="gt-explanation" aria-label="{escape(_title(explanation))}">'
        f"<h1>{escape(_title(explanation))}</h1>{_gradients(explanation)}"
        f'<h2>Picture</h2><div class="picture" tabindex="0" role="region" aria-label="Picture of the steps">'
        f"{explanation.svg()}</div>"
        f"<h2>{len(explanation.steps)} steps, from {escape(explanation.target)} back</h2>{steps}</section>"
    )


def _title(explanation: Explanation) -> str:
    return ", ".join(explanation.derivative_name(source) for source in explanation.sources)


def _gradients(explanation: Explanation) -> str:
    rows = ""
    for source, formula, gradient in zip(explanation.sources, explanation.formulas, explanation.gradients, strict=True):
        name = _code(explanation.derivative_name(source))
        if gradient is None:
            rows += f"<tr><th scope='row'>{name}</th><td></td><td>None</td><td></td></tr>"
            continue
        value = _code(shown(gradient.numpy()), "gradient")
        dims = shape(tuple(gradient.shape))
        rows += f"<tr><th scope='row'>{name}</th><td>{_code(formula)}</td><td>{value}</td><td>{dims}</td></tr>"
    count = "" if explanation.count is None else f"<p>{_code(f'n = {explanation.count}')}</p>"
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("gradient", "formula", "value", "shape"))
    return f'<div class="tables"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{count}'


def _group(explanation: Explanation, group: list[Explained], opened: bool) -> str:
    if len(group) == 1:
        return _step(explanation, group[0], opened)
    first = group[0]
    title = first.code or f"{first.result} and what leads to it"
    where = f' <span class="soft">{escape(short_file(first.file))}:{first.line}</span>' if first.file else ""
    inner = "".join(_step(explanation, step, False) for step in group)
    return (
        f"<details><summary>{group[0].place} to {group[-1].place}. {_code(title)}{where} "
        f'<span class="soft">{len(group)} steps</span></summary>{inner}</details>'
    )


def _step(explanation: Explanation, step: Explained, opened: bool) -> str:
    rows = []
    if step.file:
        rows.append(
            ("line", f'{_code(step.code)} <span class="soft">{escape(short_file(step.file))}:{step.line}</span>')
        )
    if step.value is not None:
        rows.append(("value", f"{_code(shown(step.value))} <span class='soft'>{shape(step.shape)}</span>"))
    rows.append(("arrives", _code(f"{explanation.derivative_name(step.result)} = {shown(step.arrives)}", "gradient")))
    for flow in step.flows:
        rows += _flow(explanation, step, flow)
    body = "".join(f"<dt>{label}</dt><dd>{content}</dd>" for label, content in rows)
    return (
        f"<details{' open' if opened else ''}><summary>{step.place}. {_code(step.title)} "
        f'<span class="soft">{escape(step.op)}</span></summary><dl>{body}</dl></details>'
    )


def _flow(explanation: Explanation, step: Explained, flow: Flow) -> list[tuple[str, str]]:
    rows = []
    if flow.slope is not None:
        local = f"{explanation.local_name(step, flow)} = {text(flow.slope)}"
        numbers = shown(flow.slope_numbers)
        rows.append(("local", _code(local if numbers == "?" else f"{local} = {numbers}")))
    name = explanation.derivative_name(flow.operand)
    note = f" <span class='soft'>summed to {shape(flow.shape)}</span>" if flow.summed else ""
    towards = "towards " if flow.parts > 1 else ""
    rows.append(("leaves", f"{towards}{_code(f'{name} = {text(flow.rule)} = {shown(flow.given)}', 'gradient')}{note}"))
    if flow.parts > 1 and flow.total is not None:
        whole = _code(f"{name} = {shown(flow.total)}", "gradient")
        rows.append(("adds up", f"{whole} <span class='soft'>{flow.parts} contributions</span>"))
    return rows


def _code(content: str, kind: str = "") -> str:
    if not content:
        return ""
    return f'<code class="{kind}">{escape(content)}</code>' if kind else f"<code>{escape(content)}</code>"
