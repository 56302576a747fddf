"""One learner in a room: `seat.py FOLDER USER` runs a JupyterLab, and in it a world. Prints one line of JSON with all
that must be its own, and leaves when its standard input ends."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from memory import jupyterlab, kernel, run

#: A world as in a lesson, with jobs of its own, which are all done by its own worker.
CELL = """
import json
from jobqueue.lab.course.library import sources
from jobqueue.lab.world import open_world

world = await open_world(lease=4)
for source in sources()[:10]:
    world.jobs[await world.queue.enqueue("measure", {"source": source, "pace": 0.01})] = source
[worker] = world.hire(1)
await world.until_done()
account = await world.account()
own = {"url": world.queue.url, "folder": str(world.folder), "worker": worker.pid}
print(json.dumps(own | {"account": str(account)}))
"""

folder, user = map(Path, sys.argv[1:])
with jupyterlab(folder, user) as (_, server), kernel(server, user) as client:
    own = {"port": server["port"], "root": server["root_dir"]}
    print(json.dumps(own | json.loads(run(client, CELL))), flush=True)
    sys.stdin.read()
