"""The smallest queue there is, as an example of an adapter: a list, popped before the work."""

import json

from host import URL, do
from redis import Redis

REQUIRES = ["redis"]
GARBAGE = [["RPUSH", "jobs", "garbage"]]

redis = Redis.from_url(URL, socket_timeout=None)  # or redis-py 8 ends a worker that has waited 5 s


def enqueue(job):
    redis.rpush("jobs", json.dumps(job.args))


def work():
    while True:
        _, text = redis.blpop("jobs")
        do(*json.loads(text))
