"""The checkers and lessons 00 to 04, 07 and 12 in a browser tab. Nothing to install, no server, offline afterwards.

Python is Pyodide (CPython in WebAssembly), and Redis is js-redis-server, an imitation in JavaScript that runs Lua 5.1.
An imitation may be wrong, so `repairs.mjs` and `streams.mjs` in `redis/` mend what we found, and tests compare it with
a real server, command by command and verdict by verdict. `differences.md` lists what's left. Nothing in the kit's own
tests meets it.

    gather.py     put the page, Pyodide, the Redis and the kit's wheels into one folder: npm and pip fetch them
    redis/        the Redis of the tab: js-redis-server, its repairs, and a snapshot for the explorer
    shims/        modules that aren't there, as far as the kit uses them
    notebook.py   runs a lesson's cells
    charts.py     says that there are no charts
    world.py      a world whose workers are tasks (crew.py; life.py kills and freezes them) or Web Workers (web_crew.py)
    remote.py     a worker in a Web Worker of its own; work.py is what it does, and what those tasks do
    socket.py     what leads redis-py to that Redis
    session.py    explores in this very process, on that Redis
    child.py      has a lesson's checks explored in another Web Worker
    bench.py      judges the text of a function, and draws the map of its states
    static/       the pages, the Web Workers that run Python, and the service worker that keeps the files
    starters/     a wrong function for each checker, to begin with
"""
