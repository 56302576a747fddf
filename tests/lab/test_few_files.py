"""Few file descriptors: the workers' network asks for more, and where it gets none, that is said at once."""

import pytest

from helpers import python

FLEET = """
    import asyncio, json, resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))

    from jobqueue.lab.fleet.network import NetworkFull
    from jobqueue.lab.world import World

    async def program(redis, name):
        \"\"\"Keep 40 connections busy at once: 80 file descriptors of the proxy's.\"\"\"
        await asyncio.gather(*[redis.blpop(["never", name], timeout=0) for _ in range(40)])

    async def main():
        async with World() as world:
            world.spawn(program, "crowd")
            try:
                await world.when(lambda: count(world), True)
            except NetworkFull as error:
                assert "no file descriptor" in world.recorder.marks[-1].label
                print(json.dumps(str(error)), flush=True)
            else:
                print(json.dumps("all connected"), flush=True)

    async def count(world):
        clients = await world.queue.redis.client_list()
        return sum(client["cmd"] == "blpop" for client in clients) == 40

    asyncio.run(main())
"""


def test_the_workers_network_raises_its_soft_limit():
    with python(FLEET.format(soft=64, hard="hard")) as fleet:
        assert fleet.json() == "all connected"


def test_where_the_hard_limit_is_too_low_a_wait_ends_at_once_with_one_line_that_says_so():
    with python(FLEET.format(soft=64, hard=64)) as fleet:
        said = fleet.json()
    assert "may open 64 files at once" in said and "ulimit -n" in said and "\n" not in said


@pytest.mark.slow
def test_the_matrix_runs_at_a_hard_limit_of_256():
    source = """
        import asyncio, json, resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        from jobqueue.lab.chaos import matrix
        from jobqueue.lab.world import World

        async def main():
            async with World() as world:
                return await matrix(world, "fence off")

        print(json.dumps(list(asyncio.run(main()).index)), flush=True)
    """
    with python(source) as running:
        assert running.json() == ["all on", "fence off"]
