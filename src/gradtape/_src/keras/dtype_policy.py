"""DTypePolicy: the dtypes of a layer's computations and variables."""

from __future__ import annotations

from typing import Any

from gradtape._src.core import dtypes
from gradtape._src.keras import settings
from gradtape._src.keras.serialization import Kind, serialize_keras_object

KIND = Kind("dtype policy")


@KIND.enter("Policy", "FloatDTypePolicy")
class DTypePolicy:
    """The dtypes of a layer's computations and variables.

    Args:
      name: a dtype's name; that of the global policy by default.

    Raises:
      TypeError: the name is not a str.
      ValueError: the dtype is unknown.

    Example:
      >>> policy = tf.keras.DTypePolicy("float64")
      >>> policy.compute_dtype, policy.variable_dtype
      ('float64', 'float64')
    """

    _home = "keras"

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})"
            )
        compute, variable = (name.removeprefix("mixed_"), "float32") if name.startswith("mixed_") else (name, name)
        if not hasattr(dtypes, compute):
            raise ValueError(
                f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
                "'mixed_bfloat16', and the name of any float dtype such as 'float32'."
            )
        self._name = name
        self._compute_dtype = settings.standardize_dtype(compute)
        self._variable_dtype = settings.standardize_dtype(variable)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The name of the dtype to which floating inputs are cast."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The name of the dtype of variables."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> None:
        """None: layers are not quantized."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """Converts a layer's input to a tensor; floating ones are cast to a dtype.

        Args:
          x: a tensor, a symbolic value, an array, or anything else, which is returned unchanged.
          autocast: whether floating inputs are cast.
          dtype: the dtype.

        Returns:
          A tensor, a symbolic value, or `x`.

        Example:
          >>> tf.keras.DTypePolicy("float32").convert_input(np.ones(2), True, "float32").dtype
          tf.float32
        """
        from gradtape._src.keras.inputs import converted

        return converted(x, dtypes.as_dtype(dtype) if autocast else None)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data.

        Example:
          >>> tf.keras.DTypePolicy("float64").get_config()
          {'name': 'float64'}
        """
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """Creates a policy from the result of `get_config`.

        Args:
          config: the constructor's arguments.

        Returns:
          A DTypePolicy.

        Example:
          >>> tf.keras.DTypePolicy.from_config({"name": "float64"})
          <DTypePolicy "float64">
        """
        return cls(**config)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)


_global: list[DTypePolicy] = []


def dtype_policy() -> DTypePolicy:
    """The default policy: `floatx` unless changed by `set_dtype_policy`.

    Returns:
      A DTypePolicy.

    Example:
      >>> tf.keras.config.dtype_policy()
      <DTypePolicy "float32">
    """
    return _global[0] if _global else DTypePolicy(settings.floatx())


def set_dtype_policy(policy: Any) -> None:
    """Sets the default policy.

    Args:
      policy: a DTypePolicy or its name.

    Raises:
      ValueError: it is neither, or the dtype is unknown.

    Example:
      >>> tf.keras.config.set_dtype_policy("float32")
    """
    if isinstance(policy, str):
        policy = DTypePolicy(policy)
    if not isinstance(policy, DTypePolicy):
        raise ValueError(
            "Invalid `policy` argument. Expected the string name of a policy (such as 'mixed_float16') or a "
            f"`DTypePolicy` instance. Received: policy={policy} (of type {type(policy)})"
        )
    _global[:] = [policy]


def get(identifier: Any) -> DTypePolicy:
    """The policy for a name, a dtype or a configuration; policies are returned unchanged, the default one for None.

    Args:
      identifier: any of these.

    Returns:
      A DTypePolicy.

    Raises:
      ValueError: it is none of these.

    Example:
      >>> tf.keras.dtype_policies.get(tf.float64)
      <DTypePolicy "float64">
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(settings.standardize_dtype(identifier))
    except (TypeError, ValueError):
        raise ValueError(
            "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
            f"Received: dtype={identifier}"
        ) from None


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """A policy as plain data.

    Args:
      dtype_policy: the policy.

    Returns:
      A dict.

    Raises:
      TypeError: dtype_policy is an object without `get_config`.

    Example:
      >>> tf.keras.dtype_policies.serialize(tf.keras.DTypePolicy("float64"))["config"]
      {'name': 'float64'}
    """
    return serialize_keras_object(dtype_policy)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """The policy that `serialize` wrote.

    Args:
      config: its data.
      custom_objects: additional classes by name.

    Returns:
      A DTypePolicy.

    Raises:
      ValueError: config has no class_name, or the name of its policy is unknown.

    Example:
      >>> tf.keras.dtype_policies.deserialize({"class_name": "DTypePolicy", "config": {"name": "float64"}})
      <DTypePolicy "float64">
    """
    return KIND.deserialize(config, custom_objects)
