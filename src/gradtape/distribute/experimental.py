"""tf.distribute.experimental: the strategy of several workers under its first name."""

from gradtape._src.distributed.options import (
    CommunicationImplementation as CommunicationImplementation,
    CommunicationOptions as CommunicationOptions,
)
from gradtape._src.distributed.strategy import (
    MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy,
    ValueContext as ValueContext,
)

CollectiveCommunication = CommunicationImplementation
