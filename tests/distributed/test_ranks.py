"""Checks on two and four ranks: one program for all selected modules of checks."""

import pytest
from launch import results


@pytest.fixture(scope="module")
def failures(request):
    """Of the selected modules on a number of ranks."""
    chosen = [item.callspec.params for item in request.session.items if item.path == request.path]
    return results([each["module"] for each in chosen if each["failures"] == request.param], request.param)


@pytest.mark.parametrize("failures", [2, 4], indirect=True)
@pytest.mark.parametrize("module", ["exchanges", "gradients", "meetings", "saving", "storages", "strategies"])
def test_ranks(module, failures):
    assert not failures[module], "\n".join(failures[module])
