"""tf.train: checkpoints, in TensorFlow's own files."""

from gradtape._src.train.checkpoint import Checkpoint as Checkpoint
from gradtape._src.train.checkpoint_manager import CheckpointManager as CheckpointManager
from gradtape._src.train.checkpoint_reader import (
    list_variables as list_variables,
    load_checkpoint as load_checkpoint,
    load_variable as load_variable,
)
from gradtape._src.train.checkpoint_state import (
    CheckpointState as CheckpointState,
    get_checkpoint_state as get_checkpoint_state,
    latest_checkpoint as latest_checkpoint,
)
