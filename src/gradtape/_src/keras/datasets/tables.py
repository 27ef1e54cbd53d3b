"""Data sets of numbers: the prices of houses."""

from __future__ import annotations

import numpy as np

from gradtape._src.keras.datasets.sources import Split, fetched, parted


def load_boston_housing(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """Prices of 506 houses around Boston in the seventies, in thousands of dollars, and 13 numbers about each.

    Harrison and Rubinfeld, Hedonic Housing Prices and the Demand for Clean Air (1978). One of the numbers is about the
    people who live there, for which the set is not to be used beyond studies of it.

    Args:
      path: the file's name in Keras' cache folder.
      test_split: which part is for tests.
      seed: from it follows which.

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of float64.

    Raises:
      ValueError: the part is outside [0, 1), or the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.boston_housing.load_data()
      >>> x_train.shape
      (404, 13)
    """
    _check(test_split)
    found = fetched(path, "boston_housing.npz", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5")
    with np.load(found, allow_pickle=False) as file:
        return parted(file["x"], file["y"], test_split, seed)


def load_california_housing(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Split:
    """Median prices of houses in 20640 districts of California in 1990, and 8 numbers about each district.

    Pace and Barry, Sparse Spatial Autoregressions (1997).

    Args:
      version: "large" for all districts, "small" for 600.
      path: the file's name in Keras' cache folder.
      test_split: which part is for tests.
      seed: from it follows which.

    Returns:
      ((x_train, y_train), (x_test, y_test)), arrays of float32.

    Raises:
      ValueError: the part is outside [0, 1), unknown version, or the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.california_housing.load_data()
      >>> x_train.shape
      (16512, 8)
    """
    _check(test_split)
    found = fetched(path, "california_housing.npz", "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f")
    if version not in ("small", "large"):
        raise ValueError(f"Argument `version` must be one of 'small', 'large'. Received: version={version}")
    with np.load(found, allow_pickle=False) as file:
        count = 600 if version == "small" else None
        return parted(file["x"][:count], file["y"][:count], test_split, seed)


def _check(test_split: float) -> None:
    """Before anything is downloaded."""
    parted(np.zeros(0), np.zeros(0), test_split, 0)
