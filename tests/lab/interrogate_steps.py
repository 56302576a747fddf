"""Steps that the tests in interrogate/ share."""

from jobqueue.lab.interrogate.peer import ADAPTERS

# A queue that loses nothing, and runs twice what takes longer than its lease: a list, a list of what is at work, and a
# janitor in each worker, who knows nothing of renewals.
LEASED = """
import json, threading, time
from redis import Redis
from host import JOB, QUEUE, URL, do

TUNED = {"lease busy killed": {"queue": {"lease": 2}}}
GARBAGE = [["LPUSH", "jobs", "garbage"]]
DEAD = "a list"
redis = Redis.from_url(URL)

def enqueue(job):
    if QUEUE.get("full") and redis.llen("jobs") >= QUEUE["full"]:
        raise OverflowError("full")
    redis.lpush("jobs", json.dumps([job.args, 1]))

def janitor():
    while True:
        time.sleep(0.1)
        for text, since in redis.hgetall("since").items():
            if time.time() - float(since) > QUEUE.get("lease", 3600) and redis.lrem("at work", 1, text):
                redis.hdel("since", text)
                args, attempt = json.loads(text)
                again = json.dumps([args, attempt + 1])
                redis.lpush("jobs" if attempt < 3 else "dead", again)

def work():
    threading.Thread(target=janitor, daemon=True).start()
    while True:
        text = redis.blmove("jobs", "at work", 0)
        redis.hset("since", text, time.time())
        try:
            do(*json.loads(text)[0])
        except ValueError:
            redis.lpush("dead", text)
        except Exception:
            redis.lpush("dead", text)
        redis.lrem("at work", 1, text)
        redis.hdel("since", text)

def dead():
    return [json.loads(text)[0][0] for text in redis.lrange("dead", 0, -1) if text != b"garbage"]

def replay(ids):
    for text in redis.lrange("dead", 0, -1):
        redis.lrem("dead", 1, text)
        redis.lpush("jobs", text)
"""


#: The kit's own adapter for the smallest queue, for this Python.
POPPED = (ADAPTERS / "ask_blpop.py").read_text(encoding="utf-8").replace('REQUIRES = ["redis"]', "")


def words(answers):
    return {(answer.question, bool(answer.settings)): answer.word for answer in answers}
