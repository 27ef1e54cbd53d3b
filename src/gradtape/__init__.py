"""gradtape: TensorFlow's GradientTape without TensorFlow.

Programs written for tf.GradientTape run with `import gradtape as tf`.
"""

import sys as _sys
import typing as _typing

from gradtape._src.core import lazy as _lazy, missing as _missing

if _typing.TYPE_CHECKING:
    from gradtape import (
        array_api as array_api,
        audio as audio,
        autodiff as autodiff,
        autograph as autograph,
        bitwise as bitwise,
        compat as compat,
        config as config,
        data as data,
        debugging as debugging,
        distributed as distributed,
        dtypes as dtypes,
        errors as errors,
        experimental as experimental,
        explain as explain,
        image as image,
        interop as interop,
        io as io,
        keras as keras,
        linalg as linalg,
        lookup as lookup,
        math as math,
        nest as nest,
        nn as nn,
        optimizers as optimizers,
        profiler as profiler,
        random as random,
        saved_model as saved_model,
        signal as signal,
        sparse as sparse,
        strings as strings,
        summary as summary,
        sysconfig as sysconfig,
        test as test,
        train as train,
        types as types,
        version as version,
    )
    from gradtape._src.autodiff.custom_gradient import (
        custom_gradient as custom_gradient,
        grad_pass_through as grad_pass_through,
        recompute_grad as recompute_grad,
        stop_gradient as stop_gradient,
    )
    from gradtape._src.autodiff.functional import (
        gradient as gradient,
        hessian as hessian,
        hvp as hvp,
        jacobian as jacobian,
        jvp as jvp,
        value_and_gradient as value_and_gradient,
        vjp as vjp,
    )
    from gradtape._src.core.aliases import install_as_tensorflow as install_as_tensorflow
    from gradtape._src.core.execution import (
        executing_eagerly as executing_eagerly,
        inside_function as inside_function,
    )
    from gradtape._src.core.placement import device as device
    from gradtape._src.core.tensor_spec import (
        TensorSpec as TensorSpec,
        TypeSpec as TypeSpec,
        type_spec_from_value as type_spec_from_value,
    )
    from gradtape._src.function.decorator import (
        function as function,
    )
    from gradtape._src.linalg.contractions import (
        einsum as einsum,
        matmul as matmul,
        tensordot as tensordot,
    )
    from gradtape._src.linalg.eigenvalues import (
        eig as eig,
        eigvals as eigvals,
    )
    from gradtape._src.linalg.matrix_functions import (
        matrix_square_root as matrix_square_root,
    )
    from gradtape._src.linalg.norms import (
        norm as norm,
    )
    from gradtape._src.ops.blocks import (
        batch_to_space as batch_to_space,
        bitcast as bitcast,
        space_to_batch as space_to_batch,
        space_to_batch_nd as space_to_batch_nd,
    )
    from gradtape._src.ops.casts import (
        cast as cast,
        saturate_cast as saturate_cast,
    )
    from gradtape._src.ops.clipping import (
        clip_by_global_norm as clip_by_global_norm,
        clip_by_norm as clip_by_norm,
        clip_by_value as clip_by_value,
    )
    from gradtape._src.ops.combinations import add_n as add_n, scalar_mul as scalar_mul
    from gradtape._src.ops.control_flow import (
        case as case,
        cond as cond,
        control_dependencies as control_dependencies,
        group as group,
        init_scope as init_scope,
        no_op as no_op,
        switch_case as switch_case,
        timestamp as timestamp,
        tuple as tuple,
        while_loop as while_loop,
    )
    from gradtape._src.ops.counting import (
        histogram_fixed_width as histogram_fixed_width,
        histogram_fixed_width_bins as histogram_fixed_width_bins,
        unique as unique,
        unique_with_counts as unique_with_counts,
        unravel_index as unravel_index,
    )
    from gradtape._src.ops.extremes import argmax as argmax, argmin as argmin
    from gradtape._src.ops.mapping import (
        foldl as foldl,
        foldr as foldr,
        map_fn as map_fn,
        scan as scan,
        vectorized_map as vectorized_map,
    )
    from gradtape._src.ops.masking import (
        one_hot as one_hot,
        sequence_mask as sequence_mask,
        where as where,
    )
    from gradtape._src.ops.padding import (
        pad as pad,
    )
    from gradtape._src.ops.partitioning import dynamic_partition as dynamic_partition, dynamic_stitch as dynamic_stitch
    from gradtape._src.ops.printing import (
        as_string as as_string,
        print as print,
    )
    from gradtape._src.ops.python_functions import (
        numpy_function as numpy_function,
        py_function as py_function,
    )
    from gradtape._src.ops.rearranging import (
        repeat as repeat,
        reverse as reverse,
        reverse_sequence as reverse_sequence,
        roll as roll,
        tile as tile,
    )
    from gradtape._src.ops.reductions import (
        reduce_all as reduce_all,
        reduce_any as reduce_any,
        reduce_max as reduce_max,
        reduce_mean as reduce_mean,
        reduce_min as reduce_min,
        reduce_prod as reduce_prod,
        reduce_sum as reduce_sum,
    )
    from gradtape._src.ops.scans import (
        cumsum as cumsum,
    )
    from gradtape._src.ops.scattering import (
        scatter_nd as scatter_nd,
        tensor_scatter_nd_add as tensor_scatter_nd_add,
        tensor_scatter_nd_max as tensor_scatter_nd_max,
        tensor_scatter_nd_min as tensor_scatter_nd_min,
        tensor_scatter_nd_sub as tensor_scatter_nd_sub,
        tensor_scatter_nd_update as tensor_scatter_nd_update,
    )
    from gradtape._src.ops.sorting import (
        argsort as argsort,
        searchsorted as searchsorted,
        sort as sort,
    )
    from gradtape._src.ops.statistics import reduce_logsumexp as reduce_logsumexp
    from gradtape._src.ops.tensor_arrays import (
        TensorArray as TensorArray,
    )
    from gradtape._src.random.initial_values import (
        constant_initializer as constant_initializer,
        ones_initializer as ones_initializer,
        random_normal_initializer as random_normal_initializer,
        random_uniform_initializer as random_uniform_initializer,
        zeros_initializer as zeros_initializer,
    )
    from gradtape._src.sparse.sparse_tensor import SparseTensor as SparseTensor, SparseTensorSpec as SparseTensorSpec
    from gradtape._src.state.module import (
        Module as Module,
    )
    from gradtape._src.testing.shape_assertions import assert_rank as assert_rank
    from gradtape._src.testing.value_assertions import (
        Assert as Assert,
        assert_equal as assert_equal,
        assert_greater as assert_greater,
        assert_less as assert_less,
    )
    from gradtape.keras import initializers as initializers, losses as losses, metrics as metrics
else:
    _lazy.enter_folders(
        "_engine _engine.api _engine.base _engine.compute _engine.diff _engine.kernels _engine.ops _engine.record "
        "_engine.state _engine.tensor _src.autodiff _src.function _src.linalg _src.ops _src.random _src.sparse "
        "_src.state _src.table _src.testing"
    )
    for _name in (
        "array_api",
        "audio",
        "autodiff",
        "autograph",
        "bitwise",
        "compat",
        "config",
        "data",
        "debugging",
        "distribute",
        "distributed",
        "dtypes",
        "errors",
        "experimental",
        "explain",
        "image",
        "interop",
        "io",
        "keras",
        "linalg",
        "lookup",
        "math",
        "nest",
        "nn",
        "optimizers",
        "profiler",
        "random",
        "saved_model",
        "signal",
        "sparse",
        "strings",
        "summary",
        "sysconfig",
        "test",
        "train",
        "types",
        "version",
    ):
        globals()[_name] = _lazy.later(_name)
    initializers, losses, metrics = (
        _lazy.later("keras.initializers"),
        _lazy.later("keras.losses"),
        _lazy.later("keras.metrics"),
    )
    # Programs import from them by these names.
    for _module in (initializers, losses, metrics):
        _sys.modules[f"gradtape.{_module.__name__.rpartition('.')[2]}"] = _module
    _sys.modules["gradtape.compat.v2"] = _sys.modules["gradtape"]
    _sys.modules["gradtape.keras.optimizers"] = _lazy.later("optimizers")
    _sys.modules["gradtape.keras.optimizers.schedules"] = _lazy.later("optimizers.schedules")

from gradtape._engine.tensor.tensor import Tensor as Tensor
from gradtape._src.autodiff.tape import (
    GradientTape as GradientTape,
    UnconnectedGradients as UnconnectedGradients,
)
from gradtape._src.core.dtypes import (
    DType as DType,
    as_dtype as as_dtype,
    bfloat16 as bfloat16,
    bool as bool,
    complex64 as complex64,
    complex128 as complex128,
    double as double,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    half as half,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    string as string,
    uint8 as uint8,
    uint16 as uint16,
    uint32 as uint32,
    uint64 as uint64,
)
from gradtape._src.core.logger import (
    get_logger as get_logger,
)
from gradtape._src.core.replication import (
    AggregationMethod as AggregationMethod,
    VariableAggregation as VariableAggregation,
    VariableSynchronization as VariableSynchronization,
)
from gradtape._src.core.tensor_shape import (
    TensorShape as TensorShape,
)
from gradtape._src.ops.complex_numbers import complex as complex
from gradtape._src.ops.creation import (
    constant as constant,
    convert_to_tensor as convert_to_tensor,
    eye as eye,
    fill as fill,
    get_static_value as get_static_value,
    is_symbolic_tensor as is_symbolic_tensor,
    is_tensor as is_tensor,
    linspace as linspace,
    ones as ones,
    ones_like as ones_like,
    range as range,
    zeros as zeros,
    zeros_like as zeros_like,
)
from gradtape._src.ops.elementwise import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    cos as cos,
    cosh as cosh,
    divide as divide,
    equal as equal,
    exp as exp,
    floor as floor,
    greater as greater,
    greater_equal as greater_equal,
    less as less,
    less_equal as less_equal,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    negative as negative,
    not_equal as not_equal,
    pow as pow,
    round as round,
    sigmoid as sigmoid,
    sign as sign,
    sin as sin,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    truncatediv as truncatediv,
    truncatemod as truncatemod,
)
from gradtape._src.ops.gathering import boolean_mask as boolean_mask, gather as gather, gather_nd as gather_nd
from gradtape._src.ops.indexed_slices import (
    IndexedSlices as IndexedSlices,
)
from gradtape._src.ops.indexing import (
    slice as slice,
    strided_slice as strided_slice,
)
from gradtape._src.ops.joining import (
    concat as concat,
    meshgrid as meshgrid,
    split as split,
    stack as stack,
    unstack as unstack,
)
from gradtape._src.ops.shapes import (
    broadcast_dynamic_shape as broadcast_dynamic_shape,
    broadcast_static_shape as broadcast_static_shape,
    broadcast_to as broadcast_to,
    ensure_shape as ensure_shape,
    expand_dims as expand_dims,
    guarantee_const as guarantee_const,
    identity as identity,
    identity_n as identity_n,
    rank as rank,
    reshape as reshape,
    shape as shape,
    shape_n as shape_n,
    size as size,
    squeeze as squeeze,
    transpose as transpose,
)
from gradtape._src.state.naming import (
    get_current_name_scope as get_current_name_scope,
    name_scope as name_scope,
)
from gradtape._src.state.variable import (
    Variable as Variable,
)

realdiv = divide
truediv = divide

newaxis = None

__version__ = "0.1.0"

_missing.explain_in(globals())
if not _typing.TYPE_CHECKING:
    # By module of _src the names that type checkers find above. All others are of modules that tensors and tapes need.
    _lazy.names_later(
        _sys.modules[__name__],
        {
            "autodiff.custom_gradient": "custom_gradient grad_pass_through recompute_grad stop_gradient",
            "autodiff.functional": "gradient hessian hvp jacobian jvp value_and_gradient vjp",
            "core.aliases": "install_as_tensorflow",
            "core.execution": "executing_eagerly inside_function",
            "core.placement": "device",
            "core.tensor_spec": "TensorSpec TypeSpec type_spec_from_value",
            "function.decorator": "function",
            "linalg.contractions": "einsum matmul tensordot",
            "linalg.eigenvalues": "eig eigvals",
            "linalg.matrix_functions": "matrix_square_root",
            "linalg.norms": "norm",
            "ops.blocks": "batch_to_space bitcast space_to_batch space_to_batch_nd",
            "ops.casts": "cast saturate_cast",
            "ops.clipping": "clip_by_global_norm clip_by_norm clip_by_value",
            "ops.combinations": "add_n scalar_mul",
            "ops.control_flow": "case cond control_dependencies group init_scope no_op switch_case timestamp tuple "
            "while_loop",
            "ops.counting": "histogram_fixed_width histogram_fixed_width_bins unique unique_with_counts unravel_index",
            "ops.extremes": "argmax argmin",
            "ops.mapping": "foldl foldr map_fn scan vectorized_map",
            "ops.masking": "one_hot sequence_mask where",
            "ops.padding": "pad",
            "ops.partitioning": "dynamic_partition dynamic_stitch",
            "ops.printing": "as_string print",
            "ops.python_functions": "numpy_function py_function",
            "ops.rearranging": "repeat reverse reverse_sequence roll tile",
            "ops.reductions": "reduce_all reduce_any reduce_max reduce_mean reduce_min reduce_prod reduce_sum",
            "ops.scans": "cumsum",
            "ops.scattering": "scatter_nd tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min "
            "tensor_scatter_nd_sub tensor_scatter_nd_update",
            "ops.sorting": "argsort searchsorted sort",
            "ops.statistics": "reduce_logsumexp",
            "ops.tensor_arrays": "TensorArray",
            "random.initial_values": "constant_initializer ones_initializer random_normal_initializer "
            "random_uniform_initializer zeros_initializer",
            "sparse.sparse_tensor": "SparseTensor SparseTensorSpec",
            "state.module": "Module",
            "testing.shape_assertions": "assert_rank",
            "testing.value_assertions": "Assert assert_equal assert_greater assert_less",
        },
    )
