"""Hostile programs: whatever they do to gradtape, results are right and the process survives.

`programs` generates random programs of tapes, accumulators, threads and finalizers and compares gradients with a model
of its own; `hostile` calls every public function with objects that lie, mutate and raise; `child` runs both in separate
processes, so that a crash is reported with what led to it. From the command line: `python -m tests.robustness`.
"""
