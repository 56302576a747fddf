"""Workers in processes of their own, replaced when they are killed."""

import asyncio

from workers import end_all, start_worker


class Crew:
    """Workers that are replaced when they are killed."""

    def __init__(self, queue, size):
        self.queue = queue
        self.workers = [self.hire() for _ in range(size)]

    def hire(self):
        return start_worker(self.queue, 4)

    def kill(self, rng):
        place = rng.randrange(len(self.workers))
        self.workers[place].kill()
        assert self.workers[place].wait() == -9
        self.workers[place] = self.hire()

    async def drain(self):
        for worker in self.workers:
            worker.terminate()
        return [await asyncio.to_thread(worker.wait, 60) for worker in self.workers]

    def end(self):
        end_all(self.workers)
