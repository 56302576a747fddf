"""Dead letters that are hard to show: whatever bytes an entry held, the list of the others is not hidden by it."""

import pytest

from jobqueue import Worker
from jobqueue.errors import BadSetting

BODIES = {
    "no JSON": b"nope",
    "not UTF-8": b'{"task": "\xff", "payload": 1, "timeout": 1, "enqueued_at": 1}',
    "too deep": b'{"task": "t", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b', "timeout": 1, "enqueued_at": 1}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_entry_that_cannot_be_decoded_is_shown_with_its_bytes(queue, body):
    fields = {"id": "weird", "attempt": 1, "max_attempts": 3, "reaped": 0, "body": body}
    await queue.redis.xadd(queue.keys.stream("high"), fields)
    await Worker(queue, {}).run_until_idle()
    [letter] = await queue.dead.list()
    assert (letter.job_id, letter.reason) == (None, "malformed")
    assert body in letter.raw
    assert await queue.dead.show(letter.letter) == letter


@pytest.mark.parametrize("before", ["", "x"])
async def test_an_error_cut_inside_a_character_does_not_hide_the_letter(queue, before):
    def fail(job):
        raise ValueError(before + "é" * 150)

    await queue.enqueue("fail", max_attempts=1)
    await Worker(queue, {"fail": fail}).run_until_idle()
    [letter] = await queue.dead.list()
    [attempt] = letter.history
    assert attempt.error.startswith(f"ValueError: {before}éé")


MALFORMED = ["", "1", "1-", "-1-1", "1-1-1", "x-1", "²-1", "١-١", f"{2**64}-0", "1" * 5000 + "-0", "1-0\n"]


@pytest.mark.parametrize("letter", MALFORMED, ids=range(len(MALFORMED)))
async def test_what_is_no_letters_id_is_refused_before_redis_is_asked(queue, letter):
    for do in (queue.dead.show, queue.dead.replay, queue.dead.discard, lambda after: queue.dead.list(after=after)):
        with pytest.raises(BadSetting, match="is no dead letter's id"):
            await do(letter)
