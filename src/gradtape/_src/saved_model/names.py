"""Names of files and signatures of saved models, and options."""

from __future__ import annotations

from typing import Any

ASSETS_DIRECTORY = "assets"
ASSETS_KEY = "saved_model_assets"
CLASSIFY_INPUTS = "inputs"
CLASSIFY_METHOD_NAME = "tensorflow/serving/classify"
CLASSIFY_OUTPUT_CLASSES = "classes"
CLASSIFY_OUTPUT_SCORES = "scores"
DEBUG_DIRECTORY = "debug"
DEBUG_INFO_FILENAME_PB = "saved_model_debug_info.pb"
DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default"
GPU = "gpu"
PREDICT_INPUTS = "inputs"
PREDICT_METHOD_NAME = "tensorflow/serving/predict"
PREDICT_OUTPUTS = "outputs"
REGRESS_INPUTS = "inputs"
REGRESS_METHOD_NAME = "tensorflow/serving/regress"
REGRESS_OUTPUTS = "outputs"
SAVED_MODEL_FILENAME_PB = "saved_model.pb"
SAVED_MODEL_FILENAME_PBTXT = "saved_model.pbtxt"
SAVED_MODEL_SCHEMA_VERSION = 1
SERVING = "serve"
TPU = "tpu"
TRAINING = "train"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"


class SaveOptions:
    """Options of `tf.saved_model.save`, which are stored without effect, as they concern graphs and devices.

    Args:
      namespace_whitelist: a list of names, or None.
      save_debug_info, function_aliases, experimental_debug_stripper, experimental_io_device: stored.
      experimental_variable_policy, experimental_custom_gradients, experimental_image_format: stored.
      experimental_skip_saver, experimental_sharding_callback, extra_tags: stored.

    Raises:
      TypeError: namespace_whitelist is not a list of strings.

    Example:
      >>> tf.saved_model.SaveOptions(experimental_custom_gradients=True).experimental_custom_gradients
      True
    """

    def __init__(
        self,
        namespace_whitelist: list[str] | None = None,
        save_debug_info: bool = False,
        function_aliases: dict[str, Any] | None = None,
        experimental_debug_stripper: bool = False,
        experimental_io_device: str | None = None,
        experimental_variable_policy: Any = None,
        experimental_custom_gradients: bool = True,
        experimental_image_format: bool = False,
        experimental_skip_saver: bool = False,
        experimental_sharding_callback: Any = None,
        extra_tags: Any = None,
    ) -> None:
        if namespace_whitelist is not None and not isinstance(namespace_whitelist, list):
            raise TypeError(
                "`namespace_whitelist` must be a list of strings. "
                f"Got: {namespace_whitelist} with type {type(namespace_whitelist)}."
            )
        self.namespace_whitelist: list[str] = namespace_whitelist or []
        self.save_debug_info = save_debug_info
        self.function_aliases: dict[str, Any] = function_aliases or {}
        self.experimental_debug_stripper = experimental_debug_stripper
        self.experimental_io_device = experimental_io_device
        self.experimental_variable_policy = experimental_variable_policy
        self.experimental_custom_gradients = experimental_custom_gradients
        self.experimental_image_format = experimental_image_format
        self.experimental_skip_saver = experimental_skip_saver
        self.experimental_sharding_callback = experimental_sharding_callback
        self.extra_tags = extra_tags


class LoadOptions:
    """Options of `tf.saved_model.load`, which are stored without effect, as they concern graphs and devices.

    Args:
      allow_partial_checkpoint, experimental_io_device, experimental_skip_checkpoint: stored.
      experimental_variable_policy, experimental_load_function_aliases: stored.

    Example:
      >>> tf.saved_model.LoadOptions().allow_partial_checkpoint
      False
    """

    def __init__(
        self,
        allow_partial_checkpoint: bool = False,
        experimental_io_device: str | None = None,
        experimental_skip_checkpoint: bool = False,
        experimental_variable_policy: Any = None,
        experimental_load_function_aliases: bool = False,
    ) -> None:
        self.allow_partial_checkpoint = allow_partial_checkpoint
        self.experimental_io_device = experimental_io_device
        self.experimental_skip_checkpoint = experimental_skip_checkpoint
        self.experimental_variable_policy = experimental_variable_policy
        self.experimental_load_function_aliases = experimental_load_function_aliases
