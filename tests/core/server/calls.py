"""One command to a sandbox."""

import redis


def call(sandbox, *command):
    with redis.Redis.from_url(sandbox.url, decode_responses=True) as client:
        return client.execute_command(*command)
