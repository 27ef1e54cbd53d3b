"""Dense layers, embeddings, activations, shapes, dropout at inference, joins, compared with Keras."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("layer_parity")

from layer_parity import Case, case, compare, each  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")

CASES = [
    case("Dense", (4, 3), units=5),
    case("Dense", (2, 4, 3), units=5, activation="relu", bias_initializer="ones"),
    case("Dense", (4, 3), units=2, activation="softmax", use_bias=False, kernel_regularizer="l2"),
    case("Dense", (4, 3), units=2, activation="tanh", kernel_constraint="non_neg", activity_regularizer="l1"),
    case("EinsumDense", (4, 3), equation="ab,bc->ac", output_shape=5, bias_axes="c"),
    case("EinsumDense", (4, 3, 2), equation="abc,cd->abd", output_shape=(None, 5), bias_axes="d", activation="relu"),
    case("EinsumDense", (4, 3, 2), equation="...x,xy->...y", output_shape=5, bias_axes="y"),
    case("EinsumDense", (4, 2, 3), equation="ab...,bc->ac...", output_shape=5, bias_axes="c"),
    case("EinsumDense", (4, 3, 2), equation="abc,cde->abde", output_shape=(None, 2, 5), bias_axes="de"),
    case("EinsumDense", (4, 3, 2, 5), equation="abcd,cde->abe", output_shape=(None, 6)),
    case("EinsumDense", (4, 3, 2), equation="abc,bd->acd", output_shape=(2, 5), bias_axes="d"),
    Case("Embedding", {"input_dim": 7, "output_dim": 3}, [(2, 4)], integers=7),
    Case("Embedding", {"input_dim": 7, "output_dim": 3, "mask_zero": True}, [(5,)], integers=7),
    *(case("Activation", (4, 3), activation=name) for name in ("relu", "softmax", "tanh", "gelu", "linear")),
    case("ReLU", (4, 3)),
    case("ReLU", (4, 3), max_value=1.0, negative_slope=0.2, threshold=0.3),
    case("LeakyReLU", (4, 3), negative_slope=0.25),
    case("ELU", (4, 3), alpha=0.5),
    case("PReLU", (4, 3)),
    case("PReLU", (2, 4, 3), shared_axes=[1], alpha_regularizer="l1"),
    case("Softmax", (4, 3)),
    case("Softmax", (2, 4, 3), axis=[1, 2]),
    case("Softmax", (2, 4, 3), axis=1),
    case("Flatten", (4, 3, 2)),
    case("Flatten", (4,)),
    case("Flatten", (4, 3, 2, 5), data_format="channels_first"),
    case("Reshape", (4, 6), target_shape=(2, -1)),
    case("Reshape", (4, 2, 3), target_shape=(6,)),
    case("Permute", (4, 2, 3, 5), dims=(3, 1, 2)),
    case("RepeatVector", (4, 3), n=2),
    case("Identity", (4, 3)),
    case("ActivityRegularization", (4, 3), l1=0.1, l2=0.2),
    case("Cropping1D", (4, 7, 3), cropping=(1, 2)),
    case("Cropping2D", (2, 7, 6, 3), cropping=((1, 2), (0, 3))),
    case("Cropping2D", (2, 3, 7, 6), cropping=(1, 2), data_format="channels_first"),
    case("Cropping3D", (2, 5, 4, 6, 2)),
    case("Cropping3D", (2, 3, 5, 4, 6), cropping=1, data_format="channels_first"),
    case("ZeroPadding1D", (2, 3, 4), padding=(1, 2)),
    case("ZeroPadding1D", (2, 3, 4), padding=2, data_format="channels_first"),
    case("ZeroPadding2D", (2, 3, 4, 2), padding=((1, 2), (0, 3))),
    case("ZeroPadding2D", (2, 2, 3, 4), padding=2, data_format="channels_first"),
    case("ZeroPadding3D", (2, 3, 2, 2, 1), padding=(1, 2, 0)),
    case("ZeroPadding3D", (2, 1, 3, 2, 2), data_format="channels_first"),
    case("UpSampling1D", (2, 3, 4), size=3),
    case("UpSampling2D", (2, 3, 4, 2), size=(2, 3)),
    case("UpSampling2D", (2, 2, 3, 4), size=2, data_format="channels_first"),
    # TensorFlow interpolates in single precision.
    case("UpSampling2D", (2, 3, 4, 2), size=(2, 3), interpolation="bilinear")._replace(single=True),
    *(
        case("UpSampling2D", (2, 3, 4, 2), size=(2, 3), interpolation=kind)._replace(single=True)
        for kind in ("bicubic", "lanczos3", "lanczos5")
    ),
    case("UpSampling2D", (2, 2, 3, 4), data_format="channels_first", interpolation="bicubic")._replace(single=True),
    case("UpSampling3D", (2, 3, 2, 2, 1), size=(1, 2, 3)),
    case("UpSampling3D", (1, 2, 3, 2, 2), data_format="channels_first"),
    *(case(name, (4, 3), (4, 3)) for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")),
    *(case(name, (4, 2, 3), (4, 3)) for name in ("Add", "Multiply", "Maximum")),
    case("Add", (4, 3), (4, 1), (4, 3)),
    case("Concatenate", (4, 3), (4, 2)),
    case("Concatenate", (4, 3, 2), (4, 1, 2), axis=1),
    case("Dot", (4, 3), (4, 3), axes=1),
    case("Dot", (4, 3, 2), (4, 5, 2), axes=-1, normalize=True),
    case("Dot", (4, 3, 2), (4, 3, 5), axes=(1, 1)),
    case("Dot", (4, 3, 2, 5), (4, 3), axes=(1, 1)),
]


@pytest.mark.parametrize(("case", "dtype"), each(CASES))
def test_layer(case, dtype):
    compare(case, dtype)
