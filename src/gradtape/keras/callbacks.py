"""tf.keras.callbacks: callbacks of training, evaluation and prediction."""

from gradtape._src.keras.callbacks.averages import (
    SwapEMAWeights as SwapEMAWeights,
)
from gradtape._src.keras.callbacks.backup import (
    BackupAndRestore as BackupAndRestore,
)
from gradtape._src.keras.callbacks.base import (
    Callback as Callback,
)
from gradtape._src.keras.callbacks.list import (
    CallbackList as CallbackList,
)
from gradtape._src.keras.callbacks.logging import (
    CSVLogger as CSVLogger,
    History as History,
    LambdaCallback as LambdaCallback,
    ProgbarLogger as ProgbarLogger,
    TerminateOnNaN as TerminateOnNaN,
)
from gradtape._src.keras.callbacks.monitoring import (
    EarlyStopping as EarlyStopping,
    LearningRateScheduler as LearningRateScheduler,
    ModelCheckpoint as ModelCheckpoint,
    MonitorCallback as MonitorCallback,
    ReduceLROnPlateau as ReduceLROnPlateau,
)
from gradtape._src.keras.callbacks.tensorboard import (
    TensorBoard as TensorBoard,
)
