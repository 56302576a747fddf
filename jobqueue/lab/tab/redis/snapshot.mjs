// SNAPSHOT: all content at once, in the shape of the explorer's snapshot.lua, and much faster than a script.
import { RedisResult, RedisValue, defineCommand, t } from 'js-redis-server/core'
import { redisNow } from './clock.mjs'

const READ = {
  string: ['GET'], hash: ['HGETALL'], list: ['LRANGE', '0', '-1'], set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1', 'WITHSCORES'], stream: ['XINFO', 'STREAM', 'FULL', 'COUNT', '0'],
}

export function addSnapshot(registry) {
  const schema = t.object({})
  registry.register(defineCommand({ name: 'snapshot', schema, flags: ['readonly'], keys: () => [], execute: snapshot }))
}

function snapshot(args, ctx) {
  const ask = (...words) => ctx.executor.executePlanSync(ctx.executor.plan(words[0], words.slice(1).map(bytes)), ctx).value
  const keys = ask('KEYS', '*').items.map(item => item.value).sort(Buffer.compare)
  const content = keys.map(key => {
    const kind = ask('TYPE', key).value
    const [name, ...rest] = READ[kind]
    const value = kind === 'stream' ? ask(name, rest[0], key, ...rest.slice(1)) : ask(name, key, ...rest)
    return RedisValue.array([RedisValue.bulkString(key), RedisValue.bulkString(bytes(kind)), ask('PTTL', key), value])
  })
  return RedisResult.create(RedisValue.array([RedisValue.integer(redisNow()), RedisValue.array(content)]))
}

const bytes = word => typeof word === 'string' ? Buffer.from(word) : word
