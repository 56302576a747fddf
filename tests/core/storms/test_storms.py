"""One kind of fault after the other, again and again, on two servers: nothing is lost, and no result is wrong.

    pytest -p no:nbval -n0 -m chaos tests/core/storms/test_storms.py  # about five minutes; prints a line for each storm

The servers are the embedded one and, where there is one, the system's own redis-server.
"""

import shutil

import pytest
from storm import Storm, storm

#: How many faults, of which kinds, and what must have happened, or the storm has proved nothing.
STORMS = {
    "kill": (60, [Storm.kill_a_worker], ["reaped", "refused"]),
    "freeze": (20, [Storm.freeze_a_worker_beyond_its_lease], ["reaped", "refused"]),
    "cut": (
        60,
        [Storm.cut_all_connections, Storm.lose_replies, Storm.swallow_what_passes_and_cut],
        ["cuts", "lost", "refused"],
    ),
    "restart": (30, [Storm.kill_redis], ["refused"]),
}


@pytest.fixture(params=["embedded", "redis-server"])
def server(request, monkeypatch):
    """The server that sandboxes start from now on; its name."""
    monkeypatch.delenv("JOBQUEUE_SERVER", raising=False)
    if request.param == "redis-server":
        path = shutil.which("redis-server")
        if not path:
            pytest.skip("there is no redis-server here: apt-get install redis-server")
        monkeypatch.setenv("JOBQUEUE_SERVER", path)
    return request.param


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", STORMS)
async def test_a_storm_of_one_kind_loses_no_job_and_spoils_no_result(name, server, record_property):
    faults, kinds, happened = STORMS[name]
    record_property("summary", f"{name} storm, {server}: {await storm(7, faults, kinds, happened)}")
