"""/readyz asks whether the server takes writes, by one. /healthz asks only whether the front lives."""

import pytest

from jobqueue.server.connect import connect

#: For each trouble the setting that brings it about, the one that ends it, and a word of the answer.
TROUBLES = {
    "no memory is left": (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "256mb"], "memory"),
    "it's a replica now": (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "read only"),
    "too few replicas follow": (
        ["CONFIG", "SET", "min-replicas-to-write", "1"],
        ["CONFIG", "SET", "min-replicas-to-write", "0"],
        "replicas",
    ),
}


@pytest.mark.parametrize(("begin", "end", "word"), TROUBLES.values(), ids=TROUBLES)
async def test_the_front_is_not_ready_while_redis_takes_no_writes(queue, client, begin, end, word):
    assert (await client.get("/readyz")).json() == {"front": "takes jobs"}
    admin = connect(queue.url)
    await admin.execute_command(*begin)
    try:
        refused = await client.get("/readyz")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert word in refused.json()["detail"]
        assert (await client.get("/healthz")).json() == {"front": "lives"}
        assert (await client.get("/metrics")).status_code == 200  # that's when you look
    finally:
        await admin.execute_command(*end)
        await admin.aclose()
    assert (await client.get("/readyz")).status_code == 200


async def test_asking_leaves_nothing_behind_for_longer_than_a_minute(queue, client):
    before = {*await queue.redis.keys()}
    await client.get("/readyz")
    [left] = {*await queue.redis.keys()} - before
    assert left.decode() == queue.keys.prefix + "ready"
    assert 0 < await queue.redis.pttl(left) <= 60_000
    assert (await queue.snapshot()).accepted == 0
