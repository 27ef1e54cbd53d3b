"""Types of the elementwise functions; written by docs/generate_stubs.py."""

from collections.abc import Callable
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import TensorLike

FUNCTIONS: dict[str, Callable[..., Any]]

def add(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Adds x and y.

    Derivative by x: 1.
    Derivative by y: 1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.add([1, 2, 3], 10).numpy()
      array([11, 12, 13], dtype=int32)
    """
    ...

def subtract(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Subtracts y from x.

    Derivative by x: 1.
    Derivative by y: -1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.subtract([1, 2, 3], 10).numpy()
      array([-9, -8, -7], dtype=int32)
    """
    ...

def multiply(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Multiplies x by y.

    Derivative by x: y.
    Derivative by y: x.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.multiply([1, 2, 3], 10).numpy()
      array([10, 20, 30], dtype=int32)
    """
    ...

def divide(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Divides x by y; integers give float64.

    Derivative by x: 1 / y.
    Derivative by y: -x / y**2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.divide([1.0, 2.0, 3.0], 4.0).numpy()
      array([0.25, 0.5 , 0.75], dtype=float32)
    """
    ...

def negative(x: TensorLike, name: str | None = None) -> Tensor:
    """Negates x.

    Derivative: -1.
    A `tf.SparseTensor` gives one, with the function applied to its values.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, signed integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.negative([1, -2]).numpy()
      array([-1,  2], dtype=int32)
    """
    ...

def floordiv(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The largest integer not above x / y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.floordiv([7, -7], 2).numpy()
      array([ 3, -4], dtype=int32)
    """
    ...

def floormod(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The remainder x - y * floor(x / y), which has the sign of y.

    Derivative by x: 1.
    Derivative by y: -floor(x / y).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.floormod([7, -7], 3).numpy()
      array([1, 2], dtype=int32)
    """
    ...

def truncatediv(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The quotient x / y rounded towards 0.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.truncatediv([7, -7], 2).numpy()
      array([ 3, -3], dtype=int32)
    """
    ...

def truncatemod(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The remainder of x / y rounded towards 0, which has the sign of x.

    Derivative by x: 1.
    Derivative by y: -truncatediv(x, y).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, int32, int64.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.truncatemod([7, -7], 3).numpy()
      array([ 1, -1], dtype=int32)
    """
    ...

def squared_difference(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The square of the difference, (x - y)**2.

    Derivative by x: 2 * (x - y).
    Derivative by y: 2 * (y - x).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, int32, int64.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.squared_difference([1.0, 5.0], 3.0).numpy()
      array([4., 4.], dtype=float32)
    """
    ...

def multiply_no_nan(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Multiplies x by y; 0 where y is 0, even if x is infinite or NaN.

    Derivative by x: y.
    Derivative by y: x.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.multiply_no_nan([2.0, np.inf], [3.0, 0.0]).numpy()
      array([6., 0.], dtype=float32)
    """
    ...

def divide_no_nan(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Divides x by y; 0 where y is 0.

    Derivative by x: 1 / y.
    Derivative by y: -x / y**2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.divide_no_nan([1.0, 1.0], [4.0, 0.0]).numpy()
      array([0.25, 0.  ], dtype=float32)
    """
    ...

def reciprocal_no_nan(x: TensorLike, name: str | None = None) -> Tensor:
    """The reciprocal 1 / x; 0 where x is 0.

    Derivative: -1 / x**2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.reciprocal_no_nan([4.0, 0.0]).numpy()
      array([0.25, 0.  ], dtype=float32)
    """
    ...

def reciprocal(x: TensorLike, name: str | None = None) -> Tensor:
    """The reciprocal 1 / x; infinite where x is 0.

    Derivative: -1 / x**2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.reciprocal([4.0, -0.5]).numpy()
      array([ 0.25, -2.  ], dtype=float32)
    """
    ...

def maximum(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The larger of x and y; NaN where either is, and at ties x has the gradient.

    Derivative by x: where(x >= y, 1, 0).
    Derivative by y: where(x >= y, 0, 1).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.maximum([1.0, 5.0], 3.0).numpy()
      array([3., 5.], dtype=float32)
    """
    ...

def minimum(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """The smaller of x and y; NaN where either is, and at ties x has the gradient.

    Derivative by x: where(x <= y, 1, 0).
    Derivative by y: where(x <= y, 0, 1).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.minimum([1.0, 5.0], 3.0).numpy()
      array([1., 3.], dtype=float32)
    """
    ...

def clip_by_value(
    t: TensorLike, clip_value_min: TensorLike, clip_value_max: TensorLike, name: str | None = None
) -> Tensor: ...
def nextafter(x1: TensorLike, x2: TensorLike, name: str | None = None) -> Tensor:
    """The next number that its dtype holds after x1 in the direction of x2.

    Derivative by x1: 1.
    Derivative by x2: 0.

    Args:
      x1: a tensor, or what converts to one, of dtype float32, float64.
      x2: the same, in the dtype of x1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x1 and x2 broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.nextafter(tf.constant(1.0, tf.float64), 2.0).numpy() - 1 == 2.0**-52
      np.True_
    """
    ...

def identity(input: TensorLike, name: str | None = None) -> Tensor: ...
def abs(x: TensorLike, name: str | None = None) -> Tensor:
    """The absolute value of x; its gradient is 0 at 0.

    Derivative: sign(x).
    A `tf.SparseTensor` gives one, with the function applied to its values.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, signed integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.abs([-1.5, 2.0]).numpy()
      array([1.5, 2. ], dtype=float32)
    """
    ...

def sign(x: TensorLike, name: str | None = None) -> Tensor:
    """The sign of x: -1, 0 or 1, and NaN where x is; its gradient is 0.

    Derivative: 0.
    A `tf.SparseTensor` gives one, with the function applied to its values.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, signed integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.sign([-2.5, 0.0, 7.0]).numpy()
      array([-1.,  0.,  1.], dtype=float32)
    """
    ...

def floor(x: TensorLike, name: str | None = None) -> Tensor:
    """The largest integer not above x, as a floating-point number.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.floor([1.7, -1.2]).numpy()
      array([ 1., -2.], dtype=float32)
    """
    ...

def ceil(x: TensorLike, name: str | None = None) -> Tensor:
    """The smallest integer not below x, as a floating-point number.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.ceil([1.2, -1.7]).numpy()
      array([ 2., -1.], dtype=float32)
    """
    ...

def round(x: TensorLike, name: str | None = None) -> Tensor:
    """The nearest integer to x; halves go to the even one.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.round([0.5, 1.5, 2.6]).numpy()
      array([0., 2., 3.], dtype=float32)
    """
    ...

def trunc(x: TensorLike, name: str | None = None) -> Tensor: ...
def square(x: TensorLike, name: str | None = None) -> Tensor:
    """The square of x.

    Derivative: 2 * x.
    A `tf.SparseTensor` gives one, with the function applied to its values.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.square([1, -2, 3]).numpy()
      array([1, 4, 9], dtype=int32)
    """
    ...

def sqrt(x: TensorLike, name: str | None = None) -> Tensor:
    """The square root of x; NaN where x is negative.

    Derivative: 1 / (2 * sqrt(x)).
    A `tf.SparseTensor` gives one, with the function applied to its values.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.sqrt([0.25, 4.0]).numpy()
      array([0.5, 2. ], dtype=float32)
    """
    ...

def rsqrt(x: TensorLike, name: str | None = None) -> Tensor:
    """The reciprocal square root, 1 / sqrt(x); infinite at 0 and NaN where x is negative.

    Derivative: -1 / (2 * x * sqrt(x)).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.rsqrt([0.25, 4.0]).numpy()
      array([2. , 0.5], dtype=float32)
    """
    ...

def pow(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x to the power y; NaN where x is negative and y no integer.

    Derivative by x: y * x**(y - 1).
    Derivative by y: x**y * log(x).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, signed integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.pow([2, 3], [3, 2]).numpy()
      array([8, 9], dtype=int32)
    """
    ...

def exp(x: TensorLike, name: str | None = None) -> Tensor:
    """The exponential function, e to the power x.

    Derivative: exp(x).
    Definition: DLMF 4.2.19.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.exp([0.0, 1.0]).numpy().round(4)
      array([1.    , 2.7183], dtype=float32)
    """
    ...

def expm1(x: TensorLike, name: str | None = None) -> Tensor:
    """exp(x) - 1, without the rounding error of that difference near 0.

    Derivative: exp(x).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.expm1([0.0, 1.0]).numpy().round(4)
      array([0.    , 1.7183], dtype=float32)
    """
    ...

def log(x: TensorLike, name: str | None = None) -> Tensor:
    """The natural logarithm of x; -inf at 0 and NaN where x is negative.

    Derivative: 1 / x.
    Definition: DLMF 4.2.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.log([1.0, 10.0]).numpy().round(4)
      array([0.    , 2.3026], dtype=float32)
    """
    ...

def log_grad(gradients: TensorLike, x: TensorLike, name: str | None = None) -> Tensor: ...
def log1p(x: TensorLike, name: str | None = None) -> Tensor:
    """log(1 + x), without the rounding error of that sum near 0; NaN where x is below -1.

    Derivative: 1 / (1 + x).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.log1p([0.0, 1.0]).numpy().round(4)
      array([0.    , 0.6931], dtype=float32)
    """
    ...

def xlogy(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x * log(y); 0 where x is 0, whatever y is.

    Derivative by x: log(y).
    Derivative by y: x / y.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.xlogy([0.0, 2.0], [0.0, 3.0]).numpy().round(4)
      array([0.    , 2.1972], dtype=float32)
    """
    ...

def xlog1py(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x * log(1 + y); 0 where x is 0, whatever y is.

    Derivative by x: log1p(y).
    Derivative by y: x / (1 + y).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.xlog1py([0.0, 2.0], [-1.0, 3.0]).numpy().round(4)
      array([0.    , 2.7726], dtype=float32)
    """
    ...

def xdivy(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """x / y; 0 where x is 0, whatever y is.

    Derivative by x: 1 / y.
    Derivative by y: -x / y**2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and y broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.xdivy([0.0, 1.0], [0.0, 4.0]).numpy()
      array([0.  , 0.25], dtype=float32)
    """
    ...

def sin(x: TensorLike, name: str | None = None) -> Tensor:
    """The sine of x, an angle in radians.

    Derivative: cos(x).
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.14.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.sin([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.4794, 0.8415], dtype=float32)
    """
    ...

def cos(x: TensorLike, name: str | None = None) -> Tensor:
    """The cosine of x, an angle in radians.

    Derivative: -sin(x).
    Definition: DLMF 4.14.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.cos([0.0, 0.5, 1.0]).numpy().round(4)
      array([1.    , 0.8776, 0.5403], dtype=float32)
    """
    ...

def tan(x: TensorLike, name: str | None = None) -> Tensor:
    """The tangent of x, an angle in radians.

    Derivative: 1 + tan(x)**2.
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.14.4.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.tan([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.5463, 1.5574], dtype=float32)
    """
    ...

def asin(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle in radians, between -π/2 and π/2, whose sine is x; NaN where |x| > 1.

    Derivative: 1 / sqrt(1 - x**2).
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.23.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.asin([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.5236, 1.5708], dtype=float32)
    """
    ...

def acos(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle in radians, between 0 and π, whose cosine is x; NaN where |x| > 1.

    Derivative: -1 / sqrt(1 - x**2).
    Definition: DLMF 4.23.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.acos([0.0, 0.5, 1.0]).numpy().round(4)
      array([1.5708, 1.0472, 0.    ], dtype=float32)
    """
    ...

def atan(x: TensorLike, name: str | None = None) -> Tensor:
    """The angle in radians, between -π/2 and π/2, whose tangent is x.

    Derivative: 1 / (1 + x**2).
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.23.3.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.atan([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.4636, 0.7854], dtype=float32)
    """
    ...

def atan2(y: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The angle in radians, between -π and π, from the positive x axis to the point (x, y).

    Derivative by y: x / (x**2 + y**2).
    Derivative by x: -y / (x**2 + y**2).

    Args:
      y: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      x: the same, in the dtype of y.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that y and x broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.atan2([0.0, 1.0, 1.0], [1.0, 1.0, 0.0]).numpy().round(4)
      array([0.    , 0.7854, 1.5708], dtype=float32)
    """
    ...

def sinh(x: TensorLike, name: str | None = None) -> Tensor:
    """The hyperbolic sine of x.

    Derivative: cosh(x).
    Definition: DLMF 4.28.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.sinh([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.5211, 1.1752], dtype=float32)
    """
    ...

def cosh(x: TensorLike, name: str | None = None) -> Tensor:
    """The hyperbolic cosine of x.

    Derivative: sinh(x).
    Definition: DLMF 4.28.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.cosh([0.0, 0.5, 1.0]).numpy().round(4)
      array([1.    , 1.1276, 1.5431], dtype=float32)
    """
    ...

def tanh(x: TensorLike, name: str | None = None) -> Tensor:
    """The hyperbolic tangent of x, between -1 and 1.

    Derivative: 1 - tanh(x)**2.
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.28.4.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.tanh([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.4621, 0.7616], dtype=float32)
    """
    ...

def asinh(x: TensorLike, name: str | None = None) -> Tensor:
    """The number whose hyperbolic sine is x.

    Derivative: 1 / sqrt(1 + x**2).
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.37.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.asinh([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.4812, 0.8814], dtype=float32)
    """
    ...

def acosh(x: TensorLike, name: str | None = None) -> Tensor:
    """The number, not negative, whose hyperbolic cosine is x; NaN where x is below 1.

    Derivative: 1 / sqrt(x**2 - 1).
    Definition: DLMF 4.37.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.acosh([1.0, 1.5, 2.0]).numpy().round(4)
      array([0.    , 0.9624, 1.317 ], dtype=float32)
    """
    ...

def atanh(x: TensorLike, name: str | None = None) -> Tensor:
    """The number whose hyperbolic tangent is x; infinite where |x| is 1 and NaN where it is more.

    Derivative: 1 / (1 - x**2).
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 4.37.3.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.atanh([0.0, 0.5, -0.5]).numpy().round(4)
      array([ 0.    ,  0.5493, -0.5493], dtype=float32)
    """
    ...

def erf(x: TensorLike, name: str | None = None) -> Tensor:
    """The error function, 2 / sqrt(π) times the integral of exp(-t**2) from 0 to x.

    Derivative: 2 * exp(-x**2) / pi**0.5.
    A `tf.SparseTensor` gives one, with the function applied to its values.
    Definition: DLMF 7.2.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.erf([0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.5205, 0.8427], dtype=float32)
    """
    ...

def erfc(x: TensorLike, name: str | None = None) -> Tensor:
    """The complementary error function, 1 - erf(x), without that difference's rounding error.

    Derivative: -2 * exp(-x**2) / pi**0.5.
    Definition: DLMF 7.2.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.erfc([0.0, 0.5, 1.0]).numpy().round(4)
      array([1.    , 0.4795, 0.1573], dtype=float32)
    """
    ...

def lgamma(x: TensorLike, name: str | None = None) -> Tensor:
    """The natural logarithm of |Γ(x)|; infinite at 0 and the negative integers.

    Derivative: digamma(x).
    Definition: DLMF 5.2.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.lgamma([1.0, 3.0, 5.5]).numpy().round(4)
      array([0.    , 0.6931, 3.9578], dtype=float32)
    """
    ...

def digamma(x: TensorLike, name: str | None = None) -> Tensor:
    """The digamma function ψ(x) = Γ'(x) / Γ(x); NaN at the negative integers.

    Derivative: polygamma(1, x).
    Definition: DLMF 5.2.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.digamma([0.5, 1.0, 2.0]).numpy().round(4)
      array([-1.9635, -0.5772,  0.4228], dtype=float32)
    """
    ...

def polygamma(a: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The derivative of order a of the digamma function at x, for integers a ≥ 0 and x > -3.

    Derivative by a: none.
    Derivative by x: polygamma(a + 1, x).
    Definition: DLMF 5.15.1.

    Args:
      a: a tensor, or what converts to one, of dtype float32, float64.
      x: the same, in the dtype of a.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that a and x broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.polygamma(1.0, [0.5, 1.0]).numpy().round(4)
      array([4.9348, 1.6449], dtype=float32)
    """
    ...

def zeta(x: TensorLike, q: TensorLike, name: str | None = None) -> Tensor:
    """Hurwitz' zeta function, the sum of 1 / (k + q)**x over k = 0, 1, ..., for x > 1 and q > -3.

    Derivative by x: none.
    Derivative by q: -x * zeta(x + 1, q).
    Definition: DLMF 25.11.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64.
      q: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that x and q broadcast to, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.zeta([2.0, 4.0], 1.0).numpy().round(4)
      array([1.6449, 1.0823], dtype=float32)
    """
    ...

def erfinv(x: TensorLike, name: str | None = None) -> Tensor:
    """The number whose error function is x; infinite where |x| is 1 and NaN where it is more.

    Derivative: pi**0.5 / 2 * exp(erfinv(x)**2).
    Definition: DLMF 7.17.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.erfinv([0.0, 0.5]).numpy().round(4)
      array([0.    , 0.4769], dtype=float32)
    """
    ...

def erfcinv(x: TensorLike, name: str | None = None) -> Tensor:
    """The number whose complementary error function is x; NaN where x is below 0 or above 2.

    Derivative: -pi**0.5 / 2 * exp(erfcinv(x)**2).
    Definition: DLMF 7.17.1.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.erfcinv([0.5, 1.0]).numpy().round(4)
      array([0.4769, 0.    ], dtype=float32)
    """
    ...

def ndtri(x: TensorLike, name: str | None = None) -> Tensor:
    """The quantile of the standard normal distribution: the number below which it has probability x.

    Derivative: (2 * pi)**0.5 * exp(ndtri(x)**2 / 2).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.ndtri([0.025, 0.975]).numpy().round(4)
      array([-1.96,  1.96], dtype=float32)
    """
    ...

def bessel_i0e(x: TensorLike, name: str | None = None) -> Tensor:
    """The modified Bessel function of order 0, scaled: exp(-|x|) * I0(x).

    Derivative: bessel_i1e(x) - sign(x) * bessel_i0e(x).
    Definition: DLMF 10.25.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.bessel_i0e([0.0, 1.0]).numpy().round(4)
      array([1.    , 0.4658], dtype=float32)
    """
    ...

def bessel_i1e(x: TensorLike, name: str | None = None) -> Tensor:
    """The modified Bessel function of order 1, scaled: exp(-|x|) * I1(x).

    Derivative: bessel_i0e(x) - (sign(x) + 1 / x) * bessel_i1e(x).
    Definition: DLMF 10.25.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.bessel_i1e([0.0, 1.0]).numpy().round(4)
      array([0.    , 0.2079], dtype=float32)
    """
    ...

def bessel_i0(x: TensorLike, name: str | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 0.

    Derivative: bessel_i1(x).
    Definition: DLMF 10.25.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.bessel_i0([0.0, 1.0]).numpy().round(4)
      array([1.    , 1.2661], dtype=float32)
    """
    ...

def bessel_i1(x: TensorLike, name: str | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 1.

    Derivative: bessel_i0(x) - bessel_i1(x) / x.
    Definition: DLMF 10.25.2.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.bessel_i1([0.0, 1.0]).numpy().round(4)
      array([0.    , 0.5652], dtype=float32)
    """
    ...

def equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x == y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, bool, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.equal([1, 2, 3], 2).numpy()
      array([False,  True, False])
    """
    ...

def not_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x != y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex, bool, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.not_equal([1, 2, 3], 2).numpy()
      array([ True, False,  True])
    """
    ...

def less(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x < y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.less([1, 2, 3], 2).numpy()
      array([ True, False, False])
    """
    ...

def less_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x <= y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.less_equal([1, 2, 3], 2).numpy()
      array([ True,  True, False])
    """
    ...

def greater(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x > y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.greater([1, 2, 3], 2).numpy()
      array([False, False,  True])
    """
    ...

def greater_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x >= y.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.greater_equal([1, 2, 3], 2).numpy()
      array([False,  True,  True])
    """
    ...

def logical_and(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x and y both hold.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype bool.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.logical_and([True, True], [True, False]).numpy()
      array([ True, False])
    """
    ...

def logical_or(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether x, y or both hold.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype bool.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.logical_or([True, False], [False, False]).numpy()
      array([ True, False])
    """
    ...

def logical_xor(x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor:
    """Whether exactly one of x and y holds.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype bool.
      y: the same, in the dtype of x.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape that x and y broadcast to.

    Raises:
      InvalidArgumentError: an operand has another dtype, the dtypes differ, or the shapes do not broadcast.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.logical_xor([True, True], [True, False]).numpy()
      array([False,  True])
    """
    ...

def logical_not(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether x does not hold.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype bool.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape of x.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.logical_not([True, False]).numpy()
      array([False,  True])
    """
    ...

def is_nan(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether x is NaN.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape of x.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.is_nan([1.0, np.nan, np.inf]).numpy()
      array([False,  True, False])
    """
    ...

def is_inf(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether x is infinite, of either sign.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape of x.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.is_inf([1.0, np.nan, -np.inf]).numpy()
      array([False, False,  True])
    """
    ...

def is_finite(x: TensorLike, name: str | None = None) -> Tensor:
    """Whether x is neither infinite nor NaN.

    No gradient flows through it.

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A bool tensor of the shape of x.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.is_finite([1.0, np.nan, np.inf]).numpy()
      array([ True, False, False])
    """
    ...

def select(condition: TensorLike, x: TensorLike, y: TensorLike, name: str | None = None) -> Tensor: ...
def sigmoid(x: TensorLike, name: str | None = None) -> Tensor:
    """The logistic function 1 / (1 + exp(-x)).

    Derivative: sigmoid(x) * (1 - sigmoid(x)).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, complex.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.sigmoid([-1.0, 0.0, 1.0]).numpy().round(4)
      array([0.2689, 0.5   , 0.7311], dtype=float32)
    """
    ...

def log_sigmoid(x: TensorLike, name: str | None = None) -> Tensor:
    """The logarithm of sigmoid(x), which does not overflow.

    Derivative: sigmoid(-x).

    Args:
      x: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of x, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.math.log_sigmoid([-1.0, 0.0, 1.0]).numpy().round(4)
      array([-1.3133, -0.6931, -0.3133], dtype=float32)
    """
    ...

def log_sigmoid_grad(gradients: TensorLike, x: TensorLike, name: str | None = None) -> Tensor: ...
def softplus(features: TensorLike, name: str | None = None) -> Tensor:
    """log(1 + exp(features)), a smooth form of relu, which does not overflow.

    Derivative: sigmoid(features).
    Definition: Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing (2000).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.softplus([-1.0, 0.0, 1.0]).numpy().round(4)
      array([0.3133, 0.6931, 1.3133], dtype=float32)
    """
    ...

def softplus_grad(gradients: TensorLike, features: TensorLike, name: str | None = None) -> Tensor: ...
def softsign(features: TensorLike, name: str | None = None) -> Tensor:
    """features / (1 + |features|), between -1 and 1.

    Derivative: 1 / (1 + abs(features))**2.
    Definition: Turian et al., Quadratic Features and Deep Architectures for Chunking (2009).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.softsign([-1.0, 0.0, 3.0]).numpy()
      array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    ...

def relu(features: TensorLike, name: str | None = None) -> Tensor:
    """The features where they are positive, else 0; the gradient is 0 at 0.

    Derivative: where(features > 0, 1, 0).
    Definition: Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.relu([-1.0, 0.0, 3.0]).numpy()
      array([0., 0., 3.], dtype=float32)
    """
    ...

def relu_grad(gradients: TensorLike, outputs: TensorLike, name: str | None = None) -> Tensor: ...
def relu6(features: TensorLike, name: str | None = None) -> Tensor:
    """The features limited to the interval from 0 to 6; the gradient is 0 at its ends.

    Derivative: where(logical_and(features > 0, features < 6), 1, 0).
    Definition: Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16, integers.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.relu6([-1.0, 3.0, 8.0]).numpy()
      array([0., 3., 6.], dtype=float32)
    """
    ...

def relu6_grad(gradients: TensorLike, outputs: TensorLike, name: str | None = None) -> Tensor: ...
def leaky_relu(features: TensorLike, alpha: TensorLike, name: str | None = None) -> Tensor: ...
def leaky_relu_grad(
    gradients: TensorLike, features: TensorLike, alpha: TensorLike, name: str | None = None
) -> Tensor: ...
def elu(features: TensorLike, name: str | None = None) -> Tensor:
    """The features where they are positive, else exp(features) - 1.

    Derivative: where(features > 0, 1, exp(features)).
    Definition: Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units (2016).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.elu([-1.0, 0.0, 3.0]).numpy().round(4)
      array([-0.6321,  0.    ,  3.    ], dtype=float32)
    """
    ...

def selu(features: TensorLike, name: str | None = None) -> Tensor:
    """elu scaled so that layers keep the mean of their features at 0 and the variance at 1.

    Derivative: where(features > 0, 1.0507009873554805, 1.7580993408473768 * exp(features)).
    Definition: Klambauer et al., Self-Normalizing Neural Networks (2017).

    Args:
      features: a tensor, or what converts to one, of dtype float32, float64, float16, bfloat16.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of features, of the same dtype.

    Raises:
      InvalidArgumentError: an operand has another dtype.
      TypeError, ValueError: an operand does not convert to a tensor.

    Example:
      >>> tf.nn.selu([-1.0, 0.0, 3.0]).numpy().round(4)
      array([-1.1113,  0.    ,  3.1521], dtype=float32)
    """
    ...

def gelu(features: TensorLike, name: str | None = None) -> Tensor: ...
def gelu_tanh(features: TensorLike, name: str | None = None) -> Tensor: ...
def silu(features: TensorLike, beta: TensorLike, name: str | None = None) -> Tensor: ...
def sigmoid_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, name: str | None = None) -> Tensor: ...
def weighted_cross_entropy_with_logits(
    labels: TensorLike, logits: TensorLike, pos_weight: TensorLike, name: str | None = None
) -> Tensor: ...
def log_poisson_loss(targets: TensorLike, log_input: TensorLike, name: str | None = None) -> Tensor: ...
def log_poisson_full_loss(targets: TensorLike, log_input: TensorLike, name: str | None = None) -> Tensor: ...
