"""The guide's sweep over the workers of a Dask cluster on this machine."""

import distributed
from test_services import TASKS, loss_of_member


def test_a_sweep_over_workers(tmp_path):
    wanted = [loss_of_member(task) for task in TASKS]
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        assert client.gather(client.map(loss_of_member, TASKS)) == wanted
