"""Names of TensorFlow and Keras that gradtape does not support on purpose, and what to use instead.

Imported by `missing` when a program first accesses a name that does not exist.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

# Alternatives, with the names that they apply to, relative to tf; a star matches any suffix.
_INSTEAD = {
    # Graphs, sessions and what belongs to them.
    "use tf.GradientTape": "gradients",
    "use tf.hessian, or a tf.GradientTape in another one": "hessians",
    "operations run eagerly, there are no sessions": "*Session",
    "operations run eagerly, there are no placeholders": "placeholder placeholder_with_default",
    "operations run eagerly, there are no graphs; use tf.function, and tf.saved_model.save to save it": """
        Graph Operation import_graph_def graph_util io.write_graph
        test.assert_equal_graph_def test.with_eager_op_as_function errors.OperatorNotAllowedInGraphError
        config.experimental.*_mlir_bridge mlir xla raw_ops
        experimental.enable_strict_mode experimental.function_executor_type""",
    "define the gradient with tf.custom_gradient": "RegisterGradient",
    "use tf.stop_gradient, or tf.custom_gradient": "no_gradient",
    "operations are Python functions; wrap yours in tf.custom_gradient or tf.numpy_function": """
        load_library load_op_library""",
    "operations do not support other types; use tf.Module and functions of its tensors": """
        experimental.*ExtensionType* experimental.extension_type experimental.dispatch_for_*
        experimental.unregister_dispatch_for""",
    "source code is not rewritten, as Python's own control flow is traced; use inspect.getsource": """
        autograph.to_code""",
    "use tf.TensorSpec for functions and datasets": """
        IndexedSlicesSpec NoneTensorSpec OptionalSpec TensorArraySpec data.IteratorSpec""",
    "use tf.data.experimental.Optional": "experimental.Optional",
    "variables are created directly; wrap the function that creates them": "variable_creator_scope",
    "use Python's threading.Lock": "CriticalSection",
    "use Python's queue, or a tf.data.Dataset": "queue",
    "use Python's threading": "train.Coordinator",
    "operations are done when they return": "experimental.async_* ",
    "use tf.vectorized_map": "nondifferentiable_batch_function",
    # Devices and processes.
    "there is only one device: use its name, and tf.device": "DeviceSpec",
    "there is only one device": """
        nn.RNNCellDeviceWrapper""",
    "the processor's memory is the operating system's: use Python's resource.getrusage": """
        config.experimental.get_memory_info config.experimental.get_memory_usage
        config.experimental.reset_memory_stats""",
    "MPI's launcher, mpiexec, starts the processes and knows them": """
        config.experimental_connect_to_* config.experimental.ClusterDeviceFilters distribute.cluster_resolver
        distribute.Server distribute.coordinator distribute.experimental.coordinator distribute.experimental.rpc
        distribute.experimental.Preemption* distribute.experimental.TerminationConfig
        train.Cluster* train.JobDef train.ServerDef test.create_local_cluster""",
    "use tf.distribute.MultiWorkerMirroredStrategy": """
        distribute*.ParameterServerStrategy distribute.experimental.partitioners""",
    "use tf.distribute.MirroredStrategy": "distribute*.CentralStorageStrategy distribute*.TPUStrategy",
    "use the strategy's methods": "distribute.StrategyExtended",
    "enter the strategy's scope": "distribute.experimental_set_strategy",
    "gradients are summed over MPI; see tf.distributed": """
        distribute.CrossDeviceOps distribute.HierarchicalCopyAllReduce distribute.NcclAllReduce
        distribute.ReductionToOneDevice distribute.experimental.CollectiveHints""",
    "the function is recorded as a list of ops, which tf.saved_model.save writes": "summary.graph",
    "each process is a replica with its own tensors": """
        distribute.DistributedIterator distribute.DistributedValues""",
    "use tf.distribute": "dtensor experimental.dtensor",
    "computations run on the processor": "tpu experimental.tensorrt lite tools security",
    # Dtypes.
    "use floating dtypes of 16 to 64 bits, complex ones, or integers of 8 to 64 bits": """
        qint* quint* dtypes.q* dtypes.QUANTIZED_DTYPES experimental.float4_* experimental.float8_*
        experimental.int? experimental.uint?""",
    "round by arithmetic: tf.round(x / scale) * scale in a tf.custom_gradient": "quantization",
    "tensors hold numbers or strings; keep other objects in Python": "resource variant dtypes.resource dtypes.variant",
    "computations have the dtypes of their operands": "dtypes.experimental",
    # Tensors that are not rectangular, or not dense.
    "tensors are rectangular": """
        RaggedTensor RaggedTensorSpec ragged ragged_* experimental.DynamicRaggedShape
        experimental.RowPartition experimental.StructuredTensor""",
    "tensors are rectangular; use tf.io.FixedLenSequenceFeature": "io.RaggedFeature",
    "tensors are rectangular; use padded_batch": "data.experimental.dense_to_ragged_batch Dataset.ragged_batch",
    "write indices, values and dense_shape with tf.io.serialize_tensor": "io.*_sparse",
    "use tf.sparse.from_dense(tf.math.bincount(values))": "sparse.bincount",
    "join strings with tf.strings.join, and look them up in a tf.lookup.StaticVocabularyTable": "sparse.cross*",
    "sum products of rows and columns: tf.reduce_sum(tf.gather(a, i) * tf.gather(b, j), -1)": "sparse.sampled_addmm",
    "use tf.io.FixedLenFeature of indices and of values": "io.SparseFeature",
    "use padded_batch, and tf.sparse.from_dense": "data.experimental.dense_to_sparse_batch Dataset.sparse_batch",
    "use tf.unique, or Python's sets": "sets",
    "compare lists in Python": "edit_distance",
    # Reading and writing.
    "open the file with Pillow, and convert it with tf.constant": "*.decode_jxl *.decode_webp",
    "use tf.image.crop_and_resize": "image.extract_glimpse",
    "use tf.image.combined_non_max_suppression": "image.generate_bounding_box_proposals",
    "draw a box with tf.random.uniform, and use tf.image.crop_and_resize": "image.*sample_distorted_bounding_box",
    "use Python's json and tf.train.Example, then tf.io.parse_example": "io.decode_json_example",
    "use the package protobuf": "io.decode_proto io.encode_proto make_ndarray make_tensor_proto",
    "use tf.io.gfile.glob": "io.match_filenames_once",
    "mount other file systems by the operating system": """
        io.gfile.get_registered_schemes experimental.register_filesystem_plugin""",
    "write a tf.train.Example for each step, and read them with tf.io.parse_example": """
        io.parse*_sequence_example train.SequenceExample train.FeatureList*""",
    "initialize the table with tf.lookup.KeyValueTensorInitializer": """
        data.experimental.index_table_from_dataset data.experimental.table_from_dataset
        data.experimental.DatasetInitializer""",
    "use a dict in Python, or tf.lookup.experimental.MutableHashTable": "lookup.experimental.DenseHashTable",
    "use tf.data.TFRecordDataset and map with tf.io.parse_example": """
        data.experimental.make_batched_features_dataset data.experimental.parse_example_dataset""",
    "use tf.io.TFRecordWriter": "data.experimental.TFRecordWriter",
    "use Python's sqlite3, and tf.data.Dataset.from_generator": "data.experimental.SqlDataset",
    "add the iterator to a tf.train.Checkpoint": """
        data.experimental.make_saveable_from_iterator data.experimental.ExternalStatePolicy""",
    "elements are computed in the process that uses them": """
        data.experimental.service data.experimental.ServiceOptions data.experimental.distributed_save""",
    "datasets are Python objects": """
        data.experimental.*_variant data.experimental.get_model_proto Dataset.fingerprint""",
    "use take(i + 1) and skip(i)": "data.experimental.at",
    "functions of datasets are always called for each element": "data.experimental.enable_debug_mode",
    "use dataset.shard(count, index) with a number": "data.experimental.SHARD_HINT",
    "hash in Python: hashlib.blake2b(text)": "fingerprint",
    "use tf.train.list_variables and tf.train.load_checkpoint": "train.CheckpointView",
    "use a tf.Module's variables and submodules": "train.TrackableView",
    "use tf.Module and tf.train.Checkpoint": "train.experimental",
    "functions are saved without files; read these into a tf.constant": "saved_model.Asset",
    "use tf.saved_model.save with a model's functions": "saved_model.experimental",
    "use tf.summary.write": "summary.audio summary.experimental.write_raw_pb",
    "use tf.name_scope": "summary.experimental.summary_scope",
    "use tf.profiler.Profile": "profiler.experimental",
    "use tf.debugging.enable_check_numerics": "debugging.experimental",
    "build the columns with tf.keras.layers, such as Normalization, StringLookup and CategoryEncoding": """
        feature_column""",
    # Linear algebra.
    "use tf.linalg.tridiagonal_matmul and tf.linalg.tridiagonal_solve": "linalg.LinearOperatorTridiag",
    "write the matrix, or a function that multiplies by it": "linalg.LinearOperator*",
    "solve with tf.linalg.triangular_solve of the whole matrix": "linalg.banded_triangular_solve",
    "use tf.linalg.solve": "linalg.experimental",
    # Operations.
    "use tf.math.top_k": "approx_top_k *.approx_max_k *.approx_min_k",
    "use tf.nn.convolution": "conv",
    "take the gradient of the convolution with tf.GradientTape": """
        conv2d_backprop_*_v2 nn.depthwise_conv2d_backprop_*""",
    "slice windows, and use tf.stack": "extract_volume_patches",
    "use tf.nn.convolution with `dilations`": "nn.with_space_to_batch",
    "pad so that block_shape divides each size": "required_space_to_batch_paddings",
    "take tf.argmax(logits, axis=-1), drop repetitions, then blanks": "nn.ctc_greedy_decoder",
    "decode with NumPy on logits.numpy()": "nn.ctc_beam_search_decoder",
    "drop repetitions with tf.unique or NumPy before the loss": "nn.collapse_repeated nn.ctc_unique_labels",
    "use tf.random.categorical with the logarithms of the frequencies": "*.fixed_unigram_candidate_sampler",
    "use tf.random.log_uniform_candidate_sampler": "*.learned_unigram_candidate_sampler",
    "compare labels and samples with tf.equal": "nn.compute_accidental_hits",
    "use tf.nn.avg_pool, or tf.nn.max_pool": "nn.fractional_*_pool",
    "use tf.keras.layers.RNN with a custom cell": "nn.RNNCell*Wrapper",
    "use tf.stack": "parallel_stack",
    "use SciPy's stats.qmc.Sobol": "math.sobol_sample",
    "shuffle a tf.range with tf.random.shuffle": "random_index_shuffle random.experimental.index_shuffle",
    "use tf.random.stateless_truncated_normal": "random.stateless_parameterized_truncated_normal",
    "use Python's unicodedata": "strings.unicode_script",
    "use Python's bytes.decode and str.encode": "strings.unicode_transcode",
    "use tf.dynamic_partition, then tf.strings.reduce_join of each part": "strings.unsorted_segment_join",
    "there is no memory shared between devices": "check_pinned",
    "reduce the groups of group_by_window": "data.experimental.group_by_reducer data.experimental.Reducer",
    "use concatenate with a dataset of the rest": "data.experimental.pad_to_cardinality",
    "use tf.data.Dataset.sample_from_datasets of one filtered dataset for each class": "*.rejection_resample",
    "use cache(filename)": "*.snapshot",
    "use cache(filename), or write its elements with tf.io.TFRecordWriter": "Dataset.save data.experimental.save",
    "use cache(filename) of the dataset, or tf.data.TFRecordDataset": "Dataset.load data.experimental.load",
    "use functions: tf.experimental.numpy.ravel(x) for x.ravel()": """
        experimental.numpy.experimental_enable_numpy_behavior experimental.numpy.flatten""",
    "TensorFlow has no CPU kernel for it either; use tf.signal.fft3d and similar functions": "*fftnd",
    "convert your objects' values with tf.convert_to_tensor": "register_tensor_conversion_function",
    "use SciPy's optimize.isotonic_regression": "nn.isotonic_regression",
    "use tf.lookup.StaticVocabularyTable, or hash in Python: zlib.crc32(text) % buckets": "strings.to_hash_bucket*",
    "use the functions without offsets, and sum tf.strings.length": "strings.unicode_*_with_offsets",
    "there are no headers or libraries to compile against": """
        sysconfig.CXX* sysconfig.MONOLITHIC_BUILD sysconfig.get_compile_flags sysconfig.get_include sysconfig.get_l*""",
    "annotate with Python's typing.Callable, or Any": """
        types.experimental.*Function types.experimental.FunctionType types.experimental.Callable
        types.experimental.SupportsTracingProtocol types.experimental.Trac*
        types.experimental.distributed""",
    # Tests.
    "time with Python's timeit": "test.Benchmark test.benchmark_config",
    "use unittest.skipIf": "test.disable_with_predicate",
    "use numpy.testing": "test.experimental",
}

_names = {name: instead for instead, names in _INSTEAD.items() for name in names.split()}
TENSORFLOW = dict(sorted(_names.items()))
_PATTERNS = {name: instead for name, instead in _names.items() if set(name) & set("*?[")}

# The same for tf.keras, relative to it.
KERAS = {
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
    "StatelessScope": "variables are assigned in place",
    "SymbolicScope": "create symbolic values with tf.keras.Input",
    "version": "use tf.keras.__version__",
    **dict.fromkeys(("legacy", "utils.legacy"), "use tf.keras.saving"),
    "optimizers.legacy": "use tf.keras.optimizers",
    "saving.KerasFileEditor": "a .keras file is a zip archive: read it with Python's zipfile",
    "RematScope": "use tf.recompute_grad",
    "remat": "use tf.recompute_grad",
    "Function": "use tf.keras.Model(inputs, outputs)",
    "device": "use tf.device; there is only one",
    **{
        f"layers.Adaptive{kind}Pooling{rank}D": f"use tf.keras.layers.{kind}Pooling{rank}D with a window that fits"
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    **{f"layers.ConvLSTM{rank}D": "write a convolutional cell for tf.keras.layers.RNN" for rank in (1, 2, 3)},
    **{
        f"layers.{name}": "transform images with tf.keras.ops.image or tf.image in a custom layer"
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
        f"layers.{name}": "encode categories with tf.keras.layers.StringLookup or IntegerLookup"
        for name in ("Hashing", "HashedCrossing")
    },
    **{
        f"layers.{name}": "layers of other libraries are not supported; build the model from tf.keras.layers"
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
    "ops.istft": "use tf.signal.inverse_stft",
    "ops.jvp": "use tf.autodiff.ForwardAccumulator",
    "ops.polar": "use tf.complex(r * tf.cos(a), r * tf.sin(a))",
    "ops.rearrange": "use tf.keras.ops.reshape and tf.keras.ops.transpose",
    "ops.unique": "use tf.unique",
    "ops.vectorize": "use tf.vectorized_map",
    "ops.view": "use x.numpy().view(dtype)",
    "ops.view_as_complex": "use tf.complex(x[..., 0], x[..., 1])",
    "ops.view_as_real": "use tf.stack([tf.math.real(x), tf.math.imag(x)], -1)",
    **{
        f"ops.nan{name}": f"remove NaN with tf.boolean_mask, and use tf.keras.ops.{name}"
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
    **{f"layers.Random{name}": "use tf.image.resize in `map` of a tf.data.Dataset" for name in ("Height", "Width")},
    "layers.ThresholdedReLU": "use tf.keras.layers.ReLU(threshold=theta)",
    "layers.TFSMLayer": "call a function of tf.saved_model.load(path).signatures in a custom tf.keras.layers.Layer",
    "layers.MelSpectrogram": "use tf.signal.stft and linear_to_mel_weight_matrix in a tf.keras.layers.Lambda",
    "layers.STFTSpectrogram": "use tf.signal.stft in a tf.keras.layers.Lambda",
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
        f"{place}.{name}": "use the arguments `verbose` and `print_fn`"
        for place in ("config", "utils")
        for name in ("enable_interactive_logging", "disable_interactive_logging", "is_interactive_logging_enabled")
    },
    **{
        f"config.{name}": "tracebacks are never filtered"
        for name in ("enable_traceback_filtering", "disable_traceback_filtering", "is_traceback_filtering_enabled")
    },
    **{
        f"config.{name}": "attention has a single implementation"
        for name in ("enable_flash_attention", "disable_flash_attention", "is_flash_attention_enabled")
    },
    **{
        f"config.{name}": "pass `epochs` and `steps_per_epoch` to fit"
        for name in ("max_epochs", "max_steps_per_epoch", "set_max_epochs", "set_max_steps_per_epoch")
    },
    **dict.fromkeys(("config.set_backend", "config.is_nnx_enabled"), "gradtape is the only backend"),
    "utils.Config": "use a dict, or a dataclass",
    "utils.get_source_inputs": "use model.inputs",
    "utils.FeatureSpace": "compute features in `map` of a tf.data.Dataset, with tf.keras.layers.Normalization, "
    "Discretization and CategoryEncoding",
    "utils.bounding_boxes": "transform boxes by arithmetic on tensors, and select them with tf.image",
    "visualization": "draw with matplotlib, or tf.keras.utils.array_to_img",
    "wrappers": "use gradtape.interop.sklearn",
    "distillation": "override train_step of a tf.keras.Model that has teacher and student",
    **dict.fromkeys(
        ("optimizers.Muon", "optimizers.MultiOptimizer", "optimizers.OptimizerMap"),
        "apply several tf.keras.optimizers to parts of the variables in train_step",
    ),
    "utils.audio_dataset_from_directory": "use tf.audio.decode_wav in `map` of a tf.data.Dataset",
    "callbacks.RemoteMonitor": "send the logs of a Callback's on_epoch_end",
    "callbacks.OrbaxCheckpoint": "use tf.keras.callbacks.ModelCheckpoint",
}


def of_tensorflow(name: str) -> str | None:
    """The alternative for a name relative to tf, or None."""
    if name in TENSORFLOW:
        return TENSORFLOW[name]
    return next((instead for pattern, instead in _PATTERNS.items() if fnmatchcase(name, pattern)), None)


def of_keras(name: str) -> str | None:
    """The alternative for a name relative to tf.keras, or None."""
    # What is in a part of keras.ops is in keras.ops too.
    return KERAS.get(f"ops.{name.rpartition('.')[2]}" if name.startswith("ops.") else name)
