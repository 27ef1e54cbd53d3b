"""Draws a figure when it is imported: from then on fonts are known and the parser of labels exists."""

import io

import matplotlib.pyplot as plt

figure, axes = plt.subplots(layout="constrained")
axes.semilogy([1e-3, 1e3])
figure.savefig(io.BytesIO(), format="svg")
plt.close(figure)
