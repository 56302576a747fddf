"""The report again, with dates, and an answer that's a view of a dict."""

from datetime import UTC, datetime, timedelta


async def find_orphans(redis, stream, group, idle_ms):
    latest = datetime.now(UTC) - timedelta(milliseconds=idle_ms)
    report = await redis.execute_command("XINFO STREAM", stream, "FULL", "COUNT", 0, full=True)
    (rows,) = (each["pending"] for each in report["groups"] if each["name"] == group)
    delivered = {entry_id: datetime.fromtimestamp(at_ms / 1000, UTC) for entry_id, _, at_ms, _ in rows}
    return {entry_id: at for entry_id, at in delivered.items() if at <= latest}.keys()
