"""Explanations of gradients: `tape.explain` returns an Explanation, with source lines if recorded within `lines`."""

from gradtape._src.explain.diagnosis import (
    Diagnosis as Diagnosis,
)
from gradtape._src.explain.explanation import (
    Explanation as Explanation,
)
from gradtape._src.explain.lines import (
    lines as lines,
)
from gradtape._src.explain.plans import (
    draw_plan as draw_plan,
)
