"""In Redis's own words, and a match on each row."""


async def find_orphans(redis, stream, group, idle_ms):
    orphans, start = [], "-"
    while True:
        page = await redis.execute_command("XPENDING", stream, group, "IDLE", idle_ms, start, "+", 100, parse_detail=True)
        for row in page:
            match row:
                case {"message_id": str(entry_id)}:
                    orphans.append(entry_id)
        if len(page) < 100:
            return orphans
        start = "(" + orphans[-1]
