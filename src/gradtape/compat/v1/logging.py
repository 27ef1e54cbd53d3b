"""tf.compat.v1.logging: the package's logger by function."""

from gradtape._src.core.logger import (
    DEBUG as DEBUG,
    ERROR as ERROR,
    FATAL as FATAL,
    INFO as INFO,
    WARN as WARN,
    debug as debug,
    error as error,
    fatal as fatal,
    get_verbosity as get_verbosity,
    info as info,
    log as log,
    set_verbosity as set_verbosity,
    warn as warn,
    warning as warning,
)
