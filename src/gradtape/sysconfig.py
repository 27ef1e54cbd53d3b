"""tf.sysconfig: build information."""

from gradtape._src.core.devices import get_build_info as get_build_info
