"""All workloads by name, in the order of the tables."""

from benchmarks.workload import Workload
from benchmarks.workloads import conv, derivatives, elementwise, logistic, mlp, models, regression, rnn, scalar

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for module in (scalar, regression, mlp, rnn, logistic, derivatives, elementwise, conv, models)
    for workload in module.WORKLOADS
}
