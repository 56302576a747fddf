"""tiny: a list of jobs, and a second list of those that are being worked on."""

import json

from host import URL, do
from redis import Redis

redis = Redis.from_url(URL, socket_timeout=None)  # or redis-py 8 ends a worker that has waited 5 s


def push(message):
    redis.lpush("tiny", message)


def run_forever(handler):
    while True:
        message = redis.blmove("tiny", "tiny:working", 0, "RIGHT", "LEFT")
        handler(message)
        redis.lrem("tiny:working", 1, message)


def enqueue(job):
    push(json.dumps(job.args))


def work():
    run_forever(lambda message: do(*json.loads(message)))
