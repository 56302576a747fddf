"""A server of its own for each process of the tests."""

import pytest
from tab_redis import bundle_server, serving

from jobqueue.errors import BadSetting


@pytest.fixture(scope="session")
def tab_server(tmp_path_factory):
    """The path of a socket where the Redis of a browser tab listens."""
    folder = tmp_path_factory.mktemp("tab")
    try:
        bundle_server(folder)
    except BadSetting as why:
        pytest.skip(f"{why}")
    with serving(folder) as path:
        yield path
