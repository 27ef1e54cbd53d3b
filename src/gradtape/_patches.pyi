from typing import Any

from numpy.typing import NDArray

def gather(
    image: NDArray[Any], patches: NDArray[Any], dims: NDArray[Any], geometry: NDArray[Any], outside: float
) -> None: ...
def scatter(patches: NDArray[Any], image: NDArray[Any], dims: NDArray[Any], geometry: NDArray[Any]) -> None: ...
