"""The peers: each one's name in the tables, the module it needs and its distribution."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


@dataclass(frozen=True)
class Peer:
    """A column of the tables."""

    name: str
    title: str
    module: str
    distribution: str

    @property
    def present(self) -> bool:
        """Whether the peer can be imported here."""
        return find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """The installed version, or "source tree" for a package that is not installed."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return "source tree"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("gradtape", "gradtape", "gradtape", "gradtape"),
        Peer("gradtape.function", "gradtape function", "gradtape", "gradtape"),
        Peer("numpy", "NumPy by hand", "numpy", "numpy"),
        Peer("floor", "products alone", "numpy", "numpy"),
        Peer("torch", "PyTorch", "torch", "torch"),
        Peer("torch.compile", "torch.compile", "torch", "torch"),
        Peer("jax", "JAX jit", "jax", "jax"),
        Peer("autograd", "autograd", "autograd", "autograd"),
        Peer("mygrad", "MyGrad", "mygrad", "mygrad"),
        Peer("tensorflow", "TF eager", "tensorflow", "tensorflow-cpu"),
        Peer("tf.function", "TF function", "tensorflow", "tensorflow-cpu"),
        Peer("tf.function-jit", "TF function, jit", "tensorflow", "tensorflow-cpu"),
    )
}


def absent() -> list[str]:
    """The titles of the peers that are not installed."""
    return [peer.title for peer in PEERS.values() if not peer.present]
