"""A lesson's first cell doesn't keep you waiting: a world opens without what only pictures and charts need."""

from helpers import python

OPEN = """
    import asyncio, json, sys, time
    from jobqueue.lab.world import open_world

    async def main():
        async with await open_world():
            heavy = {"pandas", "numpy", "plotly", "ipywidgets", "anywidget", "fastapi", "urllib.request"}
            heavy &= set(sys.modules)
            print(json.dumps([time.process_time(), sorted(heavy)]), flush=True)

    asyncio.run(main())
"""


def test_a_world_opens_within_a_second_of_processor_time_and_without_pandas():
    with python(OPEN) as process:
        seconds, heavy = process.json()
    assert heavy == []
    assert seconds < 1  # half of that, when this was written
