"""The reaper that an instructor shows at the end: the checker says of it what the page says it does."""

import linecache
import re
from pathlib import Path

import pytest

from jobqueue.lab import check

PAGE = (Path(__file__).parents[2] / "notebooks" / "instructor.md").read_text(encoding="utf-8")
[SHOWN] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

BURIES = re.compile(r"        if int\(.*?continue\n", re.DOTALL)
WITHOUT_BRANCH = BURIES.sub("", SHOWN)
COUNTED = WITHOUT_BRANCH.replace(
    "xadd(stream, fields)", 'xadd(stream, fields | {"attempt": int(fields["attempt"]) + 1})'
)
PAGED = COUNTED.replace(
    """    _, claimed, _ = await redis.xautoclaim(stream, group, "rescuer", stale_after_ms, count=25)
""",
    """    cursor, claimed = None, []
    while cursor != "0-0":
        cursor, page, _ = await redis.xautoclaim(stream, group, "rescuer", stale_after_ms, cursor or "0-0", count=25)
        claimed += page
""",
)


def written(code):
    """The function that this text defines, with its source at hand as in a notebook."""
    linecache.cache["<unseen>"] = (len(code), None, code.splitlines(keepends=True), "<unseen>")
    exec(compile(code, "<unseen>", "exec"), names := {})
    return names["rescue"]


@pytest.mark.parametrize(
    ("code", "bug", "failure"),
    [
        (SHOWN, "gives-up", None),
        (WITHOUT_BRANCH, "attempt-not-counted", "F22"),
        (COUNTED, "first-page-only", "F27"),
    ],
)
async def test_one_bug_after_the_other_is_named(code, bug, failure):
    verdict = await check.reaper(written(code))
    assert (verdict.bug, verdict.failure) == (bug, failure)


async def test_the_last_bug_is_a_remark():
    verdict = await check.reaper(written(PAGED))
    assert verdict.ok and any("stands still after it has taken a job" in remark for remark in verdict.remarks)
