"""What tapes recorded, explained: `tape.explain` gives an Explanation, which knows the lines that `lines` saw."""

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
