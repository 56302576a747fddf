"""Random commands over a few keys, the ones that the kit and its lessons use; and their replies, without times."""

import re

from hypothesis import strategies as st

#: What a word of a template below may become.
WORDS = {
    "stream": ("s", "s", "s", "t", "k"),  # k is a string, so it's of the wrong type
    "group": ("g", "g", "h"),
    "consumer": ("ada", "ben"),
    "new": ("*", "1-1", "1-*", "2-0", "3-1", "5-*", "0-0"),
    "id": ("1-0", "1-1", "1-2", "2-0", "3-1", "5-0"),
    "after": ("0", "$", "1-1", "2-0"),
    "first": ("-", "1", "1-1", "(1-1", "2-0"),
    "last": ("+", "3", "(3-1", "1-1"),
    "count": ("1", "2", "10", "0"),
    "idle": ("0", "1000000"),
    "limit": ("0", "1", "3"),
    "value": ("a", "7", "", "é\r\n"),
    "hash": ("h1", "h1", "h2", "k"),
    "field": ("f", "n", "x"),
    "amount": ("1", "-3", "1000000000000", "many"),
    "zset": ("z", "z", "k"),
    "score": ("1", "2.5", "-inf", "1700000000000", "high"),
    "member": ("m", "n", "o"),
    "index": ("0", "1", "-1"),
    "string": ("k", "k", "l", "s"),
    "key": ("s", "k", "l", "z", "h1", "none"),
}

#: The words in lower case are drawn from WORDS, if they're there.
TEMPLATES = """
XADD stream new f value
XADD stream new f value n 1
XADD stream new f
XADD stream NOMKSTREAM new f value
XADD stream MAXLEN limit new f value
XADD stream MAXLEN ~ limit new f value
XADD stream MINID id new f value
XADD stream NOMKSTREAM MAXLEN = limit new f value
XLEN stream
XRANGE stream first last
XRANGE stream first last COUNT count
XREVRANGE stream last first COUNT count
XDEL stream id id
XTRIM stream MAXLEN limit
XTRIM stream MAXLEN ~ limit
XTRIM stream MINID = id
XREAD COUNT count STREAMS stream after
XGROUP CREATE stream group after
XGROUP CREATE stream group after MKSTREAM
XGROUP SETID stream group after
XGROUP CREATECONSUMER stream group consumer
XGROUP DELCONSUMER stream group consumer
XGROUP DESTROY stream group
XREADGROUP GROUP group consumer STREAMS stream >
XREADGROUP GROUP group consumer COUNT count STREAMS stream >
XREADGROUP GROUP group consumer COUNT count NOACK STREAMS stream >
XREADGROUP GROUP group consumer COUNT count STREAMS stream 0
XREADGROUP GROUP group consumer STREAMS s t > >
XACK stream group id id
XPENDING stream group
XPENDING stream group first last count
XPENDING stream group IDLE idle first last count consumer
XCLAIM stream group consumer idle id id
XCLAIM stream group consumer idle id JUSTID
XCLAIM stream group consumer idle id RETRYCOUNT count FORCE
XAUTOCLAIM stream group consumer idle after
XAUTOCLAIM stream group consumer idle 0 COUNT count
XAUTOCLAIM stream group consumer idle 0 COUNT count JUSTID
XINFO STREAM stream
XINFO STREAM stream FULL
XINFO STREAM stream FULL COUNT count
XINFO GROUPS stream
XINFO CONSUMERS stream group
HSET hash field value
HSET hash f value n amount
HGET hash field
HDEL hash field x
HGETALL hash
HLEN hash
HEXISTS hash field
HMGET hash field x
HINCRBY hash n amount
HSETNX hash field value
ZADD zset score member
ZADD zset NX score member
ZADD zset GT CH score member
ZRANGE zset index index WITHSCORES
ZRANGE zset 0 -1 REV
ZRANGE zset -inf 3 BYSCORE LIMIT 0 count
ZRANGEBYSCORE zset -inf score LIMIT 0 count
ZREM zset member member
ZCARD zset
ZCOUNT zset -inf score
ZSCORE zset member
ZPOPMIN zset
SET string value
SET string value NX
SET string value NX PX 1000000
SET string value XX GET
SET string amount
GET string
INCR string
INCRBY string amount
DEL key key
EXISTS key key
TYPE key
EXPIRE key 1000
PERSIST key
MULTI
EXEC
EXEC
DISCARD
WATCH key
UNWATCH
NOSUCH key
"""

SCRIPTS = (
    "return {1, 2.9, 'a', false, true, {1, nil, 3}}",
    "return {ok = 'fine'}",
    "return redis.error_reply('MINE no')",
    "return redis.call('NOSUCH')",
    "return redis.call('INCR', 's')",
    "return redis.pcall('XADD', 'k', '*', 'f', 'v')",
    "local e = redis.pcall('INCR', 's') return type(e) == 'table' and e.err and 'an error' or e",
    "return redis.call('XADD', KEYS[1], '9-*', 'f', ARGV[1])",
    "return redis.call('XRANGE', KEYS[1], '-', '+')",
    "return redis.call('XPENDING', KEYS[1], 'g')",
    "return redis.call('XINFO', 'GROUPS', KEYS[1])",
    "return redis.call('HGETALL', 'h1')",
    "return redis.call('GET', 'none') == false",
    "return redis.call('SET', 'l', ARGV[1], 'NX') == false",
    "return redis.call('TYPE', KEYS[1]).ok",
    "return {string.format('%d %s %.2f', 1700000000000, 'a', 1.5), tostring(12345678901234), 1700000000000}",
    "return {#KEYS, #ARGV, KEYS[1], ARGV[1], ARGV[2]}",
    "return {cjson.encode({1, 'a', {b = true}}), cjson.decode('[1, null, 2.5]')[3] * 2}",
    "return {math.floor(-2.5), 7 % -3, tonumber('0x10'), tonumber('x') == nil, unpack({1, 2})}",
    "return redis.sha1hex(ARGV[1])",
    "redis.call('SET', 'l', 'half') error('stop')",
    "return undefined_name",
    "return redis.call('TIME')[1] + 0 > 1000000000",
    "for _, key in ipairs({'s', 't', 'z', 'h1'}) do redis.call('DEL', key) end return 'gone'",
    "return {redis.call('ZADD', 'z', 1.5, 'p'), redis.call('ZSCORE', 'z', 'p'), redis.call('ZRANGE', 'z', 0, -1)}",
)


def fill(template):
    return st.tuples(*(st.sampled_from(WORDS[word]) if word in WORDS else st.just(word) for word in template.split()))


COMMANDS = st.one_of(*map(fill, TEMPLATES.strip().splitlines()))
CALLS = st.tuples(st.just("EVAL"), st.sampled_from(SCRIPTS), st.just("1"), st.sampled_from(("s", "k")), st.just("7"))

#: (which of two connections, the command). Most come from the first.
STEPS = st.tuples(st.sampled_from((0, 0, 0, 1)), COMMANDS | CALLS)

#: Makes a new world of two streams, a group with two pending entries, and a string.
BEGIN = [
    ("CONFIG", "SET", "maxmemory", "0"),
    ("FLUSHALL",),
    ("SET", "k", "7"),
    *(("XADD", "s", f"{entry}-1", "f", "v") for entry in (1, 2, 3)),
    ("XADD", "t", "1-1", "f", "v"),
    ("XGROUP", "CREATE", "s", "g", "0"),
    ("XREADGROUP", "GROUP", "g", "ada", "COUNT", "2", "STREAMS", "s", ">"),
]

#: An id that was made of the server's clock.
NOW = re.compile(rb"1[6-9]\d{11}-\d+")

#: What depends on the time, or on a server's own memory. The value follows its name.
HIDDEN = (b"idle", b"inactive", b"seen-time", b"active-time", b"radix-tree-keys", b"radix-tree-nodes")


def masked(reply):
    """The reply without times, and with an error's code only."""
    match reply:
        case [entry, consumer, int(), count] if isinstance(consumer, bytes):  # a row of XPENDING
            return [masked(entry), consumer, "idle", count]
        case list():
            names = [None, *reply[:-1]] if reply else []
            pairs = zip(names, reply, strict=True)
            return ["hidden" if name in HIDDEN and value != -1 else masked(value) for name, value in pairs]
        case bytes():
            return NOW.sub(b"now", reply)
        case int() if reply > 1_600_000_000_000:
            return "now"
        case Exception():
            return f"error {reply}".split()[:2]
    return reply
