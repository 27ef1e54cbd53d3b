"""Functions of keras.ops as operations: nodes of functional models and of configurations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol

from gradtape._engine.api.api import apply_cast
from gradtape._src.core import dtypes
from gradtape._src.keras.keras_tensor import KerasTensor, is_symbolic
from gradtape._src.keras.operation import Node, Operation, evaluated, is_remembered
from gradtape._src.keras.serialization import INTERNAL
from gradtape._src.keras.settings import standardize_dtype
from gradtape._src.keras.tensors import tensor_of

# The parameters of Keras' operations' calls. All others are constructor arguments, which configurations contain.
_OPERANDS = frozenset(
    [
        "a",
        "array",
        "atol",
        "b",
        "bias",
        "bins",
        "choicelist",
        "condition",
        "condlist",
        "constant_values",
        "coordinates",
        "data",
        "default",
        "depthwise_kernel",
        "end_points",
        "fill_value",
        "image1",
        "image2",
        "images",
        "indices",
        "inputs",
        "kernel",
        "key",
        "mask",
        "operands",
        "output",
        "output_shape",
        "pointwise_kernel",
        "predictions",
        "q",
        "query",
        "rtol",
        "scale",
        "segment_ids",
        "start",
        "start_indices",
        "start_points",
        "step",
        "stop",
        "target",
        "targets",
        "transform",
        "translation",
        "updates",
        "value",
        "values",
        "variable",
        "volumes",
        "weights",
        "x",
        "x1",
        "x2",
        "xs",
        "y",
        "y_pred",
        "y_true",
    ]
)
_EXCEPTIONS = {("Bincount", "weights"), ("Squareplus", "b"), ("Trapezoid", "x")}

# Keras' modules of its functions' classes, which configurations name; all others are in `numpy`.
_HOMES = {
    "core": "Map Scan AssociativeScan Scatter ScatterUpdate Slice SliceUpdate Switch WhileLoop StopGradient ForiLoop "
    "Unstack Cast SaturateCast ConvertToTensor Cond VectorizedMap",
    "image": "Resize AffineTransform ExtractPatches MapCoordinates PadImages CropImages PerspectiveTransform "
    "GaussianBlur ElasticTransform ScaleAndTranslate SobelEdges SSIM RGBToGrayscale RGBToHSV HSVToRGB",
    "linalg": "Cholesky CholeskyInverse Det Eig Eigh Inv LuFactor MatrixRank Norm Pinv Qr Solve SolveTriangular Lstsq "
    "SVD",
    "math": "FFT FFT2 IFFT2 RFFT IRFFT STFT "
    "SegmentSum SegmentMax SegmentMin SegmentProd TopK InTopK Logsumexp ExtractSequences Rsqrt Erf Erfc Erfinv "
    "Logdet",
    "nn": "Relu Relu6 Sigmoid Softplus Softsign Silu Squareplus LogSigmoid LeakyRelu HardSigmoid HardSilu Elu Selu "
    "Gelu Celu Glu HardTanh Threshold Softmax LogSoftmax Sparsemax MaxPool AveragePool Conv DepthwiseConv "
    "SeparableConv ConvTranspose OneHot BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy "
    "MultiHot Moments Normalize DotProductAttention HardShrink SoftShrink TanhShrink SparsePlus SparseSigmoid "
    "DepthToSpace SpaceToDepth BatchNorm LayerNorm RMSNorm PSNR Unfold Fold",
}
# Classes whose names are not their functions' names in camel case.
_TITLES = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "fft": "FFT",
    "fft2": "FFT2",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rms_normalization": "RMSNorm",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "searchsorted": "SearchSorted",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
}


class Function_(Operation):
    """A function of keras.ops in a functional model: constructed with its options, called with its operands."""

    _function: Callable[..., Any]
    _parameters: tuple[str, ...]  # parameters that are operands
    _before: tuple[str, ...]  # options before a variable number of operands
    _variadic: bool  # whether it takes a variable number of operands

    def __init__(self, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name)
        taken = inspect.signature(type(self)._function).parameters
        unknown = {key for key, value in options.items() if key not in taken and value is not None}
        if unknown:
            raise TypeError(f"{type(self).__name__} got unexpected options: {', '.join(sorted(unknown))}")
        self._options = {key: value for key, value in options.items() if key in taken}

    def call(self, *args: Any, **kwargs: Any) -> Any:
        kwargs = {**self._options, **kwargs}
        if self._variadic:
            return type(self)._function(*[kwargs.pop(name) for name in self._before], *args, **kwargs)
        return type(self)._function(**dict(zip(self._parameters, args, strict=False)), **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        outputs = evaluated(self.call, args, kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self._options}


P = ParamSpec("P")


class KerasOp(Protocol[P]):
    """A function of tensors or symbolic values; `__wrapped__` is the function of tensors."""

    __name__: str
    __wrapped__: Callable[P, Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any: ...


def keras_op(function: Callable[P, Any]) -> KerasOp[P]:
    """Decorates a function of tensors so that it also takes symbolic values and becomes part of functional models.

    The operation's class has the function's name in camel case, as in Keras: `get_item` is a GetItem, whose
    calls are named "get_item", "get_item_1" and so on.

    Args:
      function: the function; its arguments must be tensors, structures of them, or constants.

    Returns:
      A function.
    """
    title = _TITLES.get(function.__name__) or "".join(word.capitalize() for word in function.__name__.split("_"))
    home = next((home for home, titles in _HOMES.items() if title in titles.split()), "numpy")
    kind: Any = None

    def operation() -> Any:
        nonlocal kind
        if kind is None:
            kind = _operation_class(function, title, f"keras.src.ops.{home}")
        return kind

    INTERNAL[title] = operation

    @functools.wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if type(value) is KerasTensor or (type(value) in (list, tuple, dict) and is_symbolic(value)):
                return symbolic(args, kwargs)
        if kwargs and is_symbolic(kwargs):
            return symbolic(args, kwargs)
        return function(*args, **kwargs)

    def symbolic(args: Any, kwargs: Any) -> Any:
        if not is_remembered(args, kwargs):  # then it takes no name
            return evaluated(function, args, kwargs)
        made = operation()
        operands: list[Any] = []
        options: dict[str, Any] = {}
        others: dict[str, Any] = {}
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        for name, value in given.items():
            if name in made._parameters and len(operands) == made._parameters.index(name):
                operands += value if made._variadic else [value]
            elif name in made._parameters or is_symbolic(value):
                others[name] = value
            elif inspect.signature(function).parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                options |= value
            else:
                options[name] = value
        return made(**options)(*operands, **others)

    op: Any = either
    op._operation = operation
    return op


def _operation_class(function: Callable[..., Any], title: str, home: str) -> type[Function_]:
    parameters = inspect.signature(function).parameters
    operands = [name for name in parameters if name in _OPERANDS and (title, name) not in _EXCEPTIONS]
    variadic = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values())
    members = {
        "_function": staticmethod(function),
        "_parameters": tuple(operands),
        "_before": tuple(name for name in list(parameters)[: list(parameters).index(operands[0])]) if variadic else (),
        "_variadic": variadic,
        "_home": home,
        "__module__": function.__module__,
    }
    return type(title, (Function_,), members)


@keras_op
def cast(x: Any, dtype: Any) -> Any:
    """Casts a tensor to another dtype.

    Args:
      x: a tensor, or a symbolic value.
      dtype: the dtype.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.cast([1.5, 2.0], "int32").numpy()
      array([1, 2], dtype=int32)
    """
    return apply_cast(tensor_of(x), dtypes.as_dtype(standardize_dtype(dtype)))
