"""A server of its own for each process of the tests."""

import pytest
from tab_redis import bundle_server, serving

from jobqueue.errors import BadSetting


@pytest.fixture(scope="session")
def bundled(tmp_path_factory):
    """A folder with the Redis of a browser tab, for Node.js."""
    folder = tmp_path_factory.mktemp("tab")
    try:
        bundle_server(folder)
    except BadSetting as why:
        pytest.skip(f"{why}")
    return folder


@pytest.fixture(scope="session")
def tab_server(bundled):
    """The path of a socket where it listens. Its clock stands still."""
    with serving(bundled, "still") as path:
        yield path


@pytest.fixture(scope="session")
def running_server(bundled):
    """The path of a socket where one listens whose clock runs."""
    with serving(bundled) as path:
        yield path
