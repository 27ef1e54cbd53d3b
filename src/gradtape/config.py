"""tf.config: threads."""

from __future__ import annotations

from types import SimpleNamespace

from gradtape._threads import get_num_threads, set_num_threads

threading = SimpleNamespace(get_num_threads=get_num_threads, set_num_threads=set_num_threads)
