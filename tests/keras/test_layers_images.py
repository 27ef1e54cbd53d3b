"""Convolutions and pooling compared with Keras in everything that both return."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("layer_parity")

from layer_parity import case, compare, each  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")

FIRST = {"data_format": "channels_first"}
CASES = [
    case("Conv1D", (2, 7, 3), filters=4, kernel_size=3),
    case("Conv1D", (2, 7, 3), filters=4, kernel_size=3, strides=2, padding="same", activation="relu"),
    case("Conv1D", (2, 7, 3), filters=4, kernel_size=3, dilation_rate=2, padding="causal"),
    case("Conv1D", (2, 7, 4), filters=6, kernel_size=2, groups=2, use_bias=False),
    case("Conv2D", (2, 6, 5, 3), filters=4, kernel_size=3),
    case("Conv2D", (2, 6, 5, 3), filters=4, kernel_size=(3, 2), strides=(2, 1), padding="same", activation="tanh"),
    case("Conv2D", (2, 6, 5, 3), filters=2, kernel_size=2, dilation_rate=(2, 1), kernel_regularizer="l2"),
    case("Conv2D", (2, 6, 5, 4), filters=6, kernel_size=2, groups=2),
    case("Conv2D", (2, 6, 5, 3), filters=4, kernel_size=1),
    case("Conv3D", (2, 4, 3, 5, 2), filters=3, kernel_size=2),
    case("Conv3D", (2, 4, 3, 5, 2), filters=3, kernel_size=(2, 1, 3), strides=2, padding="same"),
    case("Conv3D", (1, 3, 3, 3, 4), filters=4, kernel_size=2, groups=2),
    case("Conv1DTranspose", (2, 5, 3), filters=4, kernel_size=3, strides=2),
    case("Conv1DTranspose", (2, 5, 3), filters=4, kernel_size=3, strides=2, padding="same", output_padding=1),
    case("Conv2DTranspose", (2, 4, 3, 3), filters=2, kernel_size=3, strides=2, padding="same", activation="relu"),
    case("Conv2DTranspose", (2, 4, 3, 3), filters=2, kernel_size=(3, 2)),
    case("Conv2DTranspose", (2, 4, 3, 3), filters=2, kernel_size=2, strides=(3, 1), output_padding=(1, 0)),
    case("Conv3DTranspose", (1, 2, 3, 2, 2), filters=3, kernel_size=2, strides=2),
    case("DepthwiseConv1D", (2, 6, 3), kernel_size=3, depth_multiplier=2),
    case("DepthwiseConv1D", (2, 6, 3), kernel_size=3, strides=2, padding="same"),
    case("DepthwiseConv2D", (2, 6, 5, 3), kernel_size=3, depth_multiplier=2, activation="relu"),
    case("DepthwiseConv2D", (2, 6, 5, 3), kernel_size=3, strides=2, padding="same", use_bias=False),
    case("DepthwiseConv2D", (2, 6, 5, 3), kernel_size=2, dilation_rate=2),
    case("SeparableConv1D", (2, 6, 3), filters=4, kernel_size=3, depth_multiplier=2),
    case("SeparableConv1D", (2, 6, 3), filters=4, kernel_size=3, strides=2, padding="same"),
    case("SeparableConv2D", (2, 6, 5, 3), filters=4, kernel_size=3, padding="same", activation="relu"),
    case("SeparableConv2D", (2, 6, 5, 3), filters=4, kernel_size=2, strides=2, depth_multiplier=2),
    case("MaxPooling1D", (2, 7, 3)),
    case("MaxPooling1D", (2, 7, 3), pool_size=3, strides=2, padding="same"),
    case("MaxPooling2D", (2, 6, 7, 3)),
    case("MaxPooling2D", (2, 6, 7, 3), pool_size=(3, 2), strides=(1, 2), padding="same"),
    # TensorFlow pools volumes only in single precision.
    case("MaxPooling3D", (2, 4, 5, 4, 2))._replace(single=True),
    case("MaxPooling3D", (2, 4, 5, 4, 2), pool_size=2, strides=1, padding="same")._replace(single=True),
    case("AveragePooling1D", (2, 7, 3), pool_size=2),
    case("AveragePooling1D", (2, 7, 3), pool_size=3, strides=2, padding="same"),
    case("AveragePooling2D", (2, 6, 7, 3), pool_size=2),
    case("AveragePooling2D", (2, 6, 7, 3), pool_size=(3, 2), strides=(1, 2), padding="same"),
    case("AveragePooling3D", (2, 4, 5, 4, 2), pool_size=2)._replace(single=True),
    case("AveragePooling3D", (2, 4, 5, 4, 2), pool_size=2, strides=1, padding="same")._replace(single=True),
    *(
        case(f"Global{kind}Pooling{rank}D", (2, *(4, 3, 5)[:rank], 2), **more)
        for rank in (1, 2, 3)
        for kind in ("Max", "Average")
        for more in ({}, {"keepdims": True}, FIRST)
    ),
]
# TensorFlow's CPU kernels compute these only in channels-last order and in single precision.
FIRSTS = [
    case("Conv1D", (2, 3, 7), filters=4, kernel_size=3, **FIRST),
    case("Conv1D", (2, 3, 7), filters=4, kernel_size=3, padding="causal", **FIRST),
    case("Conv2D", (2, 3, 6, 5), filters=4, kernel_size=3, strides=2, padding="same", activation="relu", **FIRST),
    case("Conv3D", (2, 2, 4, 3, 5), filters=3, kernel_size=2, **FIRST),
    case("Conv2DTranspose", (2, 3, 4, 3), filters=2, kernel_size=3, strides=2, padding="same", **FIRST),
    case("DepthwiseConv1D", (2, 3, 6), kernel_size=3, **FIRST),
    case("DepthwiseConv2D", (2, 3, 6, 5), kernel_size=3, depth_multiplier=2, **FIRST),
    case("SeparableConv2D", (2, 3, 6, 5), filters=4, kernel_size=3, **FIRST),
    case("MaxPooling2D", (2, 3, 6, 7), **FIRST),
    case("AveragePooling1D", (2, 3, 6), pool_size=2, **FIRST),
    case("AveragePooling2D", (2, 3, 6, 7), pool_size=2, **FIRST),
]


# Grouped convolutions, which Keras compiles, have no CPU kernels of their own.
GROUPS = [case for case in CASES if "groups" in case.arguments]
OTHERS = [case for case in CASES if case not in GROUPS] + [case._replace(single=True) for case in FIRSTS]


@pytest.mark.parametrize(("case", "dtype"), each(OTHERS))
def test_layer(case, dtype):
    compare(case, dtype)


@pytest.mark.traced
@pytest.mark.parametrize(("case", "dtype"), each(GROUPS))
def test_layer_of_groups(case, dtype):
    compare(case, dtype)
