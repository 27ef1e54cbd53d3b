"""Elementwise losses."""

from __future__ import annotations

import math

from gradtape._src.table.elementwise.activations import tail
from gradtape._src.table.elementwise.row import EVERYWHERE, POSITIVE, Row
from gradtape._src.table.expressions import Expr, exp, log, log1p_decay, logical_and, maximum, select, sigmoid


def _stirling(targets: Expr) -> Expr:
    series = targets * log(targets) - targets + log(targets * (2 * math.pi)) * 0.5
    return select(logical_and(targets >= 0, targets <= 1), 0, series)


def _sigmoid_cross_entropy(labels: Expr, logits: Expr) -> Expr:
    return maximum(logits, 0) - logits * labels + log1p_decay(logits)


def _weighted_cross_entropy(labels: Expr, logits: Expr, pos_weight: Expr) -> Expr:
    weight = (pos_weight - 1) * labels + 1
    return (1 - labels) * logits + weight * (log1p_decay(logits) + maximum(0, -logits))


ROWS = (
    Row(
        "sigmoid_cross_entropy_with_logits",
        ("labels", "logits"),
        _sigmoid_cross_entropy,
        "Cross entropy of labels and sigmoid(logits).",
        ("nn.sigmoid_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z: g * select(z < 0, tail(z) - labels, 1 - labels - tail(z))},
        "the derived rule has a kink at 0",
        ((0.0, 1.0), EVERYWHERE),
    ),
    Row(
        "weighted_cross_entropy_with_logits",
        ("labels", "logits", "pos_weight"),
        _weighted_cross_entropy,
        "Cross entropy of labels and sigmoid(logits), positive labels weighted.",
        ("nn.weighted_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z, weight: g * ((1 - labels) * sigmoid(z) - labels * weight * sigmoid(-z))},
        "the derived rule has a kink at 0, and cancels far out",
        ((0.1, 0.9), EVERYWHERE, POSITIVE),
    ),
    Row(
        "log_poisson_loss",
        ("targets", "log_input"),
        lambda targets, z: exp(z) - z * targets,
        "Negative log-likelihood of Poisson-distributed targets, without a constant term.",
        ("nn.log_poisson_loss",),
        domain=(POSITIVE, EVERYWHERE),
        complexes=True,
    ),
    Row(
        "log_poisson_full_loss",
        ("targets", "log_input"),
        lambda targets, z: exp(z) - z * targets + _stirling(targets),
        "log_poisson_loss with compute_full_loss=True",
        (),
        domain=((1.1, 3.0), EVERYWHERE),
    ),
)
