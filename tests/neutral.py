"""Texts without differences between libraries and runs."""

from __future__ import annotations

import re


def neutral(text: str) -> str:
    """``text`` without the libraries' own names for their classes, or addresses."""
    text = re.sub(r"(tensorflow|gradtape)(\.\w+)*\.(Eager)?Tensor\b", "Tensor", text)
    text = re.sub(r"(tensorflow|gradtape)(\.\w+)*\.(Resource)?Variable\b", "Variable", text)
    text = re.sub(r"\bEagerTensor\b", "Tensor", re.sub(r"\bResourceVariable\b", "Variable", text))
    return re.sub(r"0x[0-9a-f]+", "0x", text)
