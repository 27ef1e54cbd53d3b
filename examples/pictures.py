"""Shared by the examples: the style and place of pictures, and whether the short form was requested.

``python examples/NAME.py`` trains in full, prints what it found and writes NAME.svg into the current folder;
with ``--short`` it takes a few steps only, to show that it works.
"""

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

short = "--short" in sys.argv

BLUE, ORANGE, GREEN, GREY = "#1f5fa8", "#c8560b", "#2f7d4f", "#8a8f98"
plt.rcParams.update(
    {
        "axes.grid": True,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, GREY]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.constrained_layout.use": True,
        "figure.figsize": (8, 3.2),
        "font.family": ["sans-serif"],
        "grid.alpha": 0.3,
        "image.interpolation": "none",
        "legend.frameon": False,
        "svg.fonttype": "none",  # letters stay letters: small files, and text that can be found and read aloud
        "svg.hashsalt": "gradtape",  # the same picture is the same file
    }
)


def show(thing: object) -> None:
    """Shows something in a notebook as notebooks can, elsewhere as text."""
    if "ipykernel" in sys.modules:
        from IPython.display import display

        display(thing)
    else:
        print(thing)


def save(figure: Figure, name: str, shows: str) -> None:
    """Writes a picture as NAME.svg into the current folder, with what it shows in words for those who cannot see it."""
    path = Path(f"{name}.svg")
    figure.savefig(path, metadata={"Date": None, "Title": shows})
    # A hundredth of a point is all that shows; more digits, and indentation, would make files twice as large.
    text = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", path.read_text("utf-8"))
    path.write_text(re.sub(r"\n +", "\n", text), "utf-8")
    print(f"picture: {path} ({path.stat().st_size / 1000:.0f} kB)")
