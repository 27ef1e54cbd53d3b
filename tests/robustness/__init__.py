"""Programs that do to gradtape what programs should not: whatever they do, results are right and the process lives.

`programs` makes random programs of tapes, accumulators, threads and finalizers and compares gradients with a model of
its own; `hostile` calls every public function with objects that lie, mutate and throw; `child` runs both in processes
of their own, so that a crash is reported with what led to it. From the command line: `python -m tests.robustness`.
"""
