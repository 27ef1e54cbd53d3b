"""tf.train: checkpoints in TensorFlow's file format, and the messages of TFRecord data."""

from gradtape._src.io.example import (
    BytesList as BytesList,
    Example as Example,
    Feature as Feature,
    Features as Features,
    FloatList as FloatList,
    Int64List as Int64List,
)
from gradtape._src.train.checkpoint import Checkpoint as Checkpoint
from gradtape._src.train.checkpoint_manager import CheckpointManager as CheckpointManager
from gradtape._src.train.checkpoint_reader import (
    list_variables as list_variables,
    load_checkpoint as load_checkpoint,
    load_variable as load_variable,
)
from gradtape._src.train.checkpoint_state import (
    get_checkpoint_state as get_checkpoint_state,
    latest_checkpoint as latest_checkpoint,
)
from gradtape._src.train.moving_averages import ExponentialMovingAverage as ExponentialMovingAverage
from gradtape._src.train.waiting import (
    CheckpointOptions as CheckpointOptions,
    checkpoints_iterator as checkpoints_iterator,
)
