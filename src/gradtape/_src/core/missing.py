"""What is said about names that gradtape does not have."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

# What TensorFlow has and gradtape leaves out on purpose, and what to do instead.
_ELSEWHERE = {
    "gradients": "use tf.GradientTape",
    "Session": "operations run at once, there are no sessions",
    "placeholder": "operations run at once, there are no placeholders",
    "ParameterServerStrategy": "use tf.distribute.MultiWorkerMirroredStrategy",
    "CentralStorageStrategy": "use tf.distribute.MirroredStrategy",
    "TPUStrategy": "use tf.distribute.MirroredStrategy",
    "cluster_resolver": "MPI's launcher, mpiexec, knows the processes",
    "sets": "what they give are sparse tensors, and tensors are dense; use tf.unique, or Python's sets",
    "ctc_greedy_decoder": "it gives sparse tensors; take tf.argmax(logits, axis=-1), drop repetitions, then blanks",
    "ctc_beam_search_decoder": "it gives sparse tensors; decode with NumPy on logits.numpy()",
    "fixed_unigram_candidate_sampler": "use tf.random.categorical with the logarithms of the frequencies",
    "learned_unigram_candidate_sampler": "use tf.random.log_uniform_candidate_sampler",
    **dict.fromkeys(
        ("decode_bmp", "decode_gif", "decode_jxl", "decode_webp"),
        "open the file with Pillow, use tf.constant of it",
    ),
    **dict.fromkeys(
        ("adjust_jpeg_quality", "random_jpeg_quality", "stateless_random_jpeg_quality", "decode_and_crop_jpeg"),
        "use tf.image.encode_jpeg, tf.image.decode_jpeg and slices",
    ),
    **dict.fromkeys(("is_jpeg", "extract_jpeg_shape"), "use Pillow's Image.open, which reads the head of a file"),
    "draw_bounding_boxes": "use Pillow's ImageDraw on tf.keras.utils.array_to_img(image)",
    "extract_glimpse": "use tf.image.crop_and_resize",
    "generate_bounding_box_proposals": "use tf.image.combined_non_max_suppression",
    **dict.fromkeys(
        ("sample_distorted_bounding_box", "stateless_sample_distorted_bounding_box"),
        "draw a box with tf.random.uniform, and use tf.image.crop_and_resize",
    ),
    "LinearOperatorTridiag": "use tf.linalg.tridiagonal_matmul and tf.linalg.tridiagonal_solve",
    "to_hash_bucket": "use tf.lookup.StaticVocabularyTable, or hash in Python: zlib.crc32(text) % buckets",
    "to_hash_bucket_fast": "use tf.lookup.StaticVocabularyTable, or hash in Python: zlib.crc32(text) % buckets",
    "to_hash_bucket_strong": "use tf.lookup.StaticVocabularyTable, or hash in Python: hashlib.blake2b(text, key=key)",
    "ngrams": "join slices: tf.strings.join([words[:-1], words[1:]], ' ') gives pairs of neighbours",
    "unicode_script": "use Python's unicodedata",
    "unicode_transcode": "use Python's bytes.decode and str.encode",
    "unicode_decode_with_offsets": "use tf.strings.unicode_decode, and sum up lengths for offsets",
    "unicode_split_with_offsets": "use tf.strings.unicode_split, and sum up tf.strings.length for offsets",
    "unsorted_segment_join": "use tf.dynamic_partition, then tf.strings.reduce_join of each part",
    "decode_base64": "use Python's base64.urlsafe_b64decode",
    "encode_base64": "use Python's base64.urlsafe_b64encode",
    "ragged_batch": "tensors are rectangular; use padded_batch",
    "sparse_batch": "tensors are dense; use padded_batch",
    "rejection_resample": "use tf.data.Dataset.sample_from_datasets of one filtered dataset for each class",
    "snapshot": "use cache(filename)",
    "Dataset.save": "use cache(filename), or write its elements with tf.io.TFRecordWriter",
    "Dataset.load": "use cache(filename) of the dataset, or tf.data.TFRecordDataset",
    "fingerprint": "hash what the dataset reads",
    "sparse.cross": "join texts with tf.strings.join, and number them with tf.lookup.StaticVocabularyTable",
    "sparse.cross_hashed": "join texts with tf.strings.join, and number them with tf.lookup.StaticVocabularyTable",
    "sparse.sampled_addmm": "sum products of rows and columns: tf.reduce_sum(tf.gather(a, i) * tf.gather(b, j), -1)",
    "sparse.bincount": "use tf.sparse.from_dense(tf.math.bincount(values))",
    "ragged": "tensors are rectangular",
    "RaggedTensor": "tensors are rectangular",
}

# The same of what is in tf.keras.
_OF_KERAS = {
    "applications": "build the model from tf.keras.layers, and set its weights with set_weights",
    **dict.fromkeys(
        (
            *("quantizers", "Quantizer"),
            *(f"dtype_policies.{name}DTypePolicy" for name in ("AWQ", "GPTQ", "Int4", "Quantized")),
            "dtype_policies.QuantizedFloat8DTypePolicy",
        ),
        "layers compute in tf.float32 and tf.float64",
    ),
    "dtype_policies.DTypePolicyMap": "give each layer its own `dtype`",
    "distribution": "use tf.distribute",
    "export": "use model.export(path), or tf.saved_model.save(model, path, signatures)",
    "StatelessScope": "variables are assigned to where they are",
    "SymbolicScope": "symbolic values come from tf.keras.Input",
    "version": "use tf.keras.__version__",
    **dict.fromkeys(("legacy", "utils.legacy"), "use tf.keras.saving"),
    "optimizers.legacy": "use tf.keras.optimizers",
    "saving.KerasFileEditor": "a .keras file is a zip archive: look into it with Python's zipfile",
    "RematScope": "use tf.recompute_grad",
    "remat": "use tf.recompute_grad",
    "Function": "use tf.keras.Model(inputs, outputs)",
    "device": "use tf.device; there is one",
    **{
        f"layers.Adaptive{kind}Pooling{rank}D": f"use tf.keras.layers.{kind}Pooling{rank}D with a window that fits"
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    **{
        f"layers.ConvLSTM{rank}D": "write a cell that convolves, and give it to tf.keras.layers.RNN"
        for rank in (1, 2, 3)
    },
    **{
        f"layers.{name}": "change images with tf.keras.ops.image or tf.image in a layer of yours"
        for name in [
            "AugMix",
            "AutoContrast",
            "ContrastLimitedAdaptiveHistogramEqualization",
            "CutMix",
            "Equalization",
            "MaxNumBoundingBoxes",
            "MixUp",
            "Pipeline",
            "RandAugment",
            "RandomColorDegeneration",
            "RandomColorJitter",
            "RandomElasticTransform",
            "RandomErasing",
            "RandomGaussianBlur",
            "RandomPerspective",
            "RandomPosterization",
            "RandomSharpness",
            "RandomShear",
            "Solarization",
        ]
    },
    **{
        f"layers.{name}": "number categories with tf.keras.layers.StringLookup or IntegerLookup"
        for name in ("Hashing", "HashedCrossing")
    },
    **{
        f"layers.{name}": "layers of other libraries do not run here; write the model from tf.keras.layers"
        for name in ("FlaxLayer", "JaxLayer", "TorchModuleWrapper")
    },
    "ops.adaptive_average_pool": "use tf.keras.ops.average_pool with a window that fits",
    "ops.adaptive_max_pool": "use tf.keras.ops.max_pool with a window that fits",
    "ops.argpartition": "use tf.keras.ops.argsort",
    "ops.associative_scan": "use tf.keras.ops.scan, or tf.scan",
    "ops.cdist": "use tf.keras.ops.norm(x[:, None] - y[None], axis=-1)",
    "ops.ctc_decode": "take tf.argmax(logits, axis=-1), drop repetitions, then blanks",
    "ops.eig": "use tf.linalg.eig",
    "ops.histogram": "use tf.histogram_fixed_width, or numpy.histogram",
    "ops.istft": "use tf.keras.ops.irfft of each stretch, and add stretches up",
    "ops.jvp": "use tf.autodiff.ForwardAccumulator",
    "ops.polar": "use tf.complex(r * tf.cos(a), r * tf.sin(a))",
    "ops.rearrange": "use tf.keras.ops.reshape and tf.keras.ops.transpose",
    "ops.unique": "use tf.unique",
    "ops.vectorize": "use tf.vectorized_map",
    "ops.view": "use x.numpy().view(dtype)",
    "ops.view_as_complex": "use tf.complex(x[..., 0], x[..., 1])",
    "ops.view_as_real": "use tf.stack([tf.math.real(x), tf.math.imag(x)], -1)",
    **{
        f"ops.nan{name}": f"choose what is no NaN with tf.boolean_mask, and use tf.keras.ops.{name}"
        for name in ("median", "percentile", "quantile")
    },
    "backend.batch_dot": "use tf.einsum",
    "backend.conv2d_transpose": "use tf.nn.conv2d_transpose",
    "backend.separable_conv2d": "use tf.nn.separable_conv2d",
    "backend.ctc_batch_cost": "use tf.nn.ctc_loss",
    "backend.ctc_decode": "take tf.argmax(logits, axis=-1), drop repetitions, then blanks",
    "backend.ctc_label_dense_to_sparse": "tensors are dense; tf.nn.ctc_loss takes dense labels",
    "backend.gradients": "use tf.GradientTape",
    "backend.name_scope": "use tf.keras.name_scope",
    "backend.random_normal_variable": "use tf.Variable(tf.random.normal(shape, mean, scale))",
    "backend.random_uniform_variable": "use tf.Variable(tf.random.uniform(shape, low, high))",
    "backend.resize_volumes": "use tf.keras.layers.UpSampling3D",
    "backend.rnn": "use tf.keras.layers.RNN",
    **{f"layers.Random{name}": "use tf.image.resize in the map of a tf.data.Dataset" for name in ("Height", "Width")},
    "layers.ThresholdedReLU": "use tf.keras.layers.ReLU(threshold=theta)",
    "layers.TFSMLayer": "call what tf.saved_model.load(path).signatures has in a tf.keras.layers.Layer of yours",
    "layers.MelSpectrogram": "compute spectrograms with NumPy before they reach the model",
    "layers.STFTSpectrogram": "compute spectrograms with NumPy before they reach the model",
    "layers.ReversibleEmbedding": "multiply by the transpose of the embeddings of a tf.keras.layers.Embedding",
    **dict.fromkeys(
        (
            f"preprocessing.image.{name}"
            for name in ("ImageDataGenerator", "Iterator", "DirectoryIterator", "NumpyArrayIterator")
        ),
        "use tf.keras.utils.image_dataset_from_directory, and layers such as tf.keras.layers.RandomFlip",
    ),
    **dict.fromkeys(
        (
            f"preprocessing.image.{name}"
            for name in (
                *("apply_affine_transform", "apply_brightness_shift", "apply_channel_shift", "random_brightness"),
                *("random_channel_shift", "random_rotation", "random_shear", "random_shift", "random_zoom"),
            )
        ),
        "use tf.keras.ops.image.affine_transform, or layers such as tf.keras.layers.RandomRotation",
    ),
    "preprocessing.sequence.TimeseriesGenerator": "use tf.keras.utils.timeseries_dataset_from_array",
    **{
        f"{place}.{name}": "give `verbose` and `print_fn` where they are taken"
        for place in ("config", "utils")
        for name in ("enable_interactive_logging", "disable_interactive_logging", "is_interactive_logging_enabled")
    },
    **{
        f"config.{name}": "tracebacks are always whole"
        for name in ("enable_traceback_filtering", "disable_traceback_filtering", "is_traceback_filtering_enabled")
    },
    **{
        f"config.{name}": "attention has one way of computing"
        for name in ("enable_flash_attention", "disable_flash_attention", "is_flash_attention_enabled")
    },
    **{
        f"config.{name}": "give `epochs` and `steps_per_epoch` to fit"
        for name in ("max_epochs", "max_steps_per_epoch", "set_max_epochs", "set_max_steps_per_epoch")
    },
    **dict.fromkeys(("config.set_backend", "config.is_nnx_enabled"), "gradtape is the only backend"),
    "utils.Config": "use a dict, or a dataclass",
    "utils.get_source_inputs": "use model.inputs",
    "utils.FeatureSpace": "make features in the map of a tf.data.Dataset, with tf.keras.layers.Normalization, "
    "Discretization and CategoryEncoding",
    "utils.bounding_boxes": "move boxes by arithmetic on tensors, and choose among them with tf.image",
    "visualization": "draw with matplotlib, or tf.keras.utils.array_to_img",
    "wrappers": "use gradtape.interop.sklearn",
    "distillation": "write train_step of a tf.keras.Model that has teacher and student",
    **dict.fromkeys(
        ("optimizers.Muon", "optimizers.MultiOptimizer", "optimizers.OptimizerMap"),
        "apply several tf.keras.optimizers to parts of the variables in train_step",
    ),
    "utils.audio_dataset_from_directory": "read sounds with a library of yours, and use tf.data.Dataset",
    "callbacks.RemoteMonitor": "send what on_epoch_end of a Callback is told",
    "callbacks.OrbaxCheckpoint": "use tf.keras.callbacks.ModelCheckpoint",
}


# Modules whose names programs look up at every step. Python finds a module's name at the place where it was the last
# time, in a tenth of the time, but only in modules that have no ``__getattr__``: these leave the word to Python, which
# proposes the nearest name when the AttributeError ends the program, and to ``python -m gradtape NAME``.
_QUICK = {"gradtape", "gradtape.linalg", "gradtape.math", "gradtape.nn", "gradtape.random"}


def explain_in(namespace: dict[str, Any]) -> None:
    """Gives the public modules of a namespace, and theirs, a ``__getattr__`` raising what `explain` says; not the quick
    ones."""
    for name, value in namespace.items():
        if name[0] != "_" and type(value) is ModuleType:
            if value.__name__ not in _QUICK:
                value.__getattr__ = functools.partial(_raise, value)  # type: ignore[method-assign]
            modules = {key: own for key, own in vars(value).items() if type(own) is ModuleType}
            explain_in({key: own for key, own in modules.items() if own.__name__.startswith(f"{value.__name__}.")})


def _raise(module: ModuleType, name: str) -> Any:
    raise AttributeError(explain(module, name), name=name, obj=module)


def describe(dotted: str) -> str:
    """One sentence about a name as programs write it, tf.nn.relu: what it is, or what `explain` says."""
    place: Any = sys.modules["gradtape"]
    for part in dotted.removeprefix("tf.").split("."):
        if not hasattr(place, part):
            return explain(place, part) if type(place) is ModuleType else f"{place!r} has no attribute {part!r}"
        place = getattr(place, part)
    about = (getattr(place, "__doc__", None) or "").strip().split("\n\n")[0]
    return f"tf.{dotted.removeprefix('tf.')}: {' '.join(about.split())}"


def explain_of(kind: str, name: str) -> str:
    """The sentence about an attribute that objects of a kind do not have."""
    instead = _ELSEWHERE.get(f"{kind}.{name}") or _ELSEWHERE.get(name)
    return f"{kind!r} object has no attribute {name!r}" + (f": {instead}." if instead else "")


def explain(module: ModuleType, name: str) -> str:
    """One sentence about a missing name, and what comes nearest to it."""
    message = f"module {module.__name__!r} has no attribute {name!r}"
    if name.startswith("__"):
        return message
    place = module.__name__.removeprefix("gradtape.")
    if place.startswith(("keras", "optimizers")):
        # What is in a part of keras.ops is in keras.ops too.
        whole = f"{place}.{name}".removeprefix("keras.")
        instead = _OF_KERAS.get(f"ops.{name}" if whole.startswith("ops.") else whole)
    else:
        instead = _ELSEWHERE.get(f"{place}.{name}") or _ELSEWHERE.get(name)
    if instead:
        return f"{message}: {instead}."
    import difflib

    shown = "tf" + module.__name__.removeprefix("gradtape")
    folded = {known.lower(): known for known in vars(module) if not known.startswith("_")}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"{message}; the nearest name that gradtape has is {shown}.{folded[near[0]]}." if near else message
