def draw(schedule):
    return "\n".join(f"{f.lane} {f.choice} {f.command} {f.reply} {f.effects}" for f in schedule.frames)
