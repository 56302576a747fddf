// Stream commands that js-redis-server 0.3.0 answers otherwise than Redis and Valkey do.
import { RedisCommandError, RedisResult, RedisValue } from 'js-redis-server/core'
import { redisNow } from './clock.mjs'
import { after, bulk, entriesUpTo, hasGap, id, list, replace } from './repairs.mjs'

const NO_KEY = 'The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.'

export function repairStreams(registry) {
  acknowledgeInNoGroup(registry)
  countPending(registry)
  obeyZero(registry)
  needAStream(registry)
  trimWithoutTombstones(registry)
  replace(registry, 'xreadgroup', readGroup)
  replace(registry, 'xclaim', claim)
  replace(registry, 'xautoclaim', autoClaim)
}

// XTRIM and XADD take `MAXLEN = 3` and `MINID = 1-1`, too: the same without the sign.
export function planWithoutEquals(executor) {
  const plan = executor.plan.bind(executor)
  executor.plan = (name, args, ...rest) => {
    const trims = /^(xtrim|xadd)$/i.test(name.toString())
    const at = /^nomkstream$/i.test(args[1]?.toString()) ? 2 : 1
    const equals = trims && /^(maxlen|minid)$/i.test(args[at]?.toString()) && args[at + 1]?.toString() === '='
    return plan(name, equals ? args.toSpliced(at + 1, 1) : args, ...rest)
  }
}

// XACK in a group that doesn't exist acknowledges nothing. It's no error.
function acknowledgeInNoGroup(registry) {
  replace(registry, 'xack', (args, ctx, original) => {
    try {
      return original(args, ctx)
    } catch (error) {
      if (error.code === 'NOGROUP') return RedisResult.create(RedisValue.integer(0))
      throw error
    }
  })
}

// XPENDING's summary counts in strings, and its consumers are in order.
function countPending(registry) {
  replace(registry, 'xpending', (args, ctx, original) => {
    const result = original(args, ctx)
    if (args.args.mode === 'range') return args.args.count ? result : RedisResult.create(list([]))
    const [total, first, last, { items }] = result.value.items
    if (!items.length) return RedisResult.create(list([total, first, last, RedisValue.null()]))
    const rows = items.map(row => row.items).sort(([one], [other]) => Buffer.compare(one.value, other.value))
    return RedisResult.create(list([total, first, last, list(rows.map(([name, count]) => list([name, bulk(`${count.value}`)])))]))
  })
}

// COUNT 0 of XRANGE has no answer if there's a stream.
function obeyZero(registry) {
  for (const name of ['xrange', 'xrevrange']) {
    replace(registry, name, (args, ctx, original) => {
      const result = original(args, ctx)
      return args.count === 0 && ctx.db.getType(args.key) !== null ? RedisResult.create(RedisValue.null()) : result
    })
  }
}

function needAStream(registry) {
  replace(registry, 'xgroup', (args, ctx, original) => {
    const { subcommand, key } = args.args
    if (subcommand !== 'create' && ctx.db.getType(key) === null) throw new RedisCommandError(NO_KEY)
    return original(args, ctx)
  })
}

// Only XDEL raises the highest id that was deleted.
function trimWithoutTombstones(registry) {
  for (const name of ['xtrim', 'xadd']) {
    replace(registry, name, (args, ctx, original) => {
      if (args.id === '0-0') throw new RedisCommandError('The ID specified in XADD must be greater than 0-0')
      const is = () => ctx.db.getType(args.key) === 'stream'
      const deleted = is() ? ctx.db.getStream(args.key).maxDeletedEntryId : { ms: 0n, seq: 0n }
      const entries = is() ? ctx.db.getStream(args.key).entries : []
      const trim = inBlocks(args.trim, entries, entries.length + (name === 'xadd' ? 1 : 0))
      const result = original({ ...args, trim }, ctx)
      if (is()) ctx.db.getStream(args.key).maxDeletedEntryId = deleted
      return result
    })
  }
}

// MAXLEN ~ and MINID ~ remove whole blocks. In Redis these have a hundred entries, if they're small.
function inBlocks(trim, entries, length) {
  if (!trim?.approximate) return trim
  const old = trim.minId
    ? entries.filter(each => after(trim.minId, each.id)).length
    : Math.max(0, length - Number(trim.count))
  const gone = old === length ? old : old - old % 100
  return { strategy: 'maxlen', count: BigInt(length - gone), approximate: false, limit: null }
}

// A consumer is active only if something new is pending under its name. An entry that it reads again counts as delivered again.
function readGroup(args, ctx, original) {
  const { group: name, consumer, streams, noack } = args.args
  const groups = streams.map(({ key }) => groupOf(ctx, key, name))
  const active = groups.map(group => group && (consumerOf(group, consumer)?.activeAt ?? null))
  const before = groups.map(group => group && { last: group.lastDeliveredId, read: group.entriesRead })
  const settle = result => {
    for (const [at, { key, id: start }] of streams.entries()) {
      const rows = result?.value.entries?.find(([each]) => each.value.equals(key))?.[1].items ?? []
      if (start !== '>') rows.filter(row => row.items[1].value !== null).forEach(row => deliverAgain(groups[at], row.items[0].value))
      if (start === '>') countRead(ctx.db.getStream(key), groups[at], rows.length, before[at])
      if (start !== '>' || noack || !rows.length) consumerOf(groups[at], consumer).activeAt = active[at]
    }
    return result
  }
  const result = original(args, ctx)
  if (!(result instanceof Promise)) return settle(result)
  settle(null)
  return result.then(settle)
}

// `count` entries after the id `last` were read.
function countRead(stream, group, count, { last, read }) {
  const from = stream.entries.findIndex(each => after(each.id, last))
  for (const entry of count ? stream.entries.slice(from, from + count) : []) {
    const next = read !== null && !(stream.entries.length && after(stream.entries[0].id, last)) && !hasGap(stream, last)
    read = next ? Number(read) + 1 : entriesUpTo(stream, entry.id)
    last = entry.id
  }
  group.entriesRead = read
}

function deliverAgain(group, text) {
  const row = [...group.pending.values()].find(each => `${each.id.ms}-${each.id.seq}` === text.toString())
  row.deliveredAt = redisNow()
  row.deliveryCount++
}

// A consumer is active only if it claims something. FORCE doesn't ask how long an entry was idle that wasn't pending.
function claim(args, ctx, original) {
  const { key, group: name, consumer, ids, minIdleMs } = args.args
  const group = groupOf(ctx, key, name)
  const active = group && consumerOf(group, consumer)?.activeAt
  const pending = each => !!group && [...group.pending.values()].some(row => same(row.id, each))
  const claims = ids.map(each => original({ args: { ...args.args, ids: [each], minIdleMs: pending(each) ? minIdleMs : 0 } }, ctx))
  const items = claims.flatMap(result => result.value.items)
  if (!items.length) consumerOf(group, consumer).activeAt = active ?? null
  return RedisResult.create(list(items))
}

const LAST = { ms: 2n ** 64n - 1n, seq: 2n ** 64n - 1n }

// XAUTOCLAIM looks at ten times COUNT entries at most, deleted ones count, and its cursor is the next one it didn't look at.
function autoClaim(args, ctx, original) {
  const { key, group: name, consumer, minIdleMs, start, count, justId } = args.args
  if (count === 0) throw new RedisCommandError('COUNT must be > 0')
  const active = groupOf(ctx, key, name) && consumerOf(groupOf(ctx, key, name), consumer)?.activeAt
  original({ args: { ...args.args, start: LAST } }, ctx) // claims nothing; makes the consumer, and raises what there is to raise
  const stream = ctx.db.getStream(key)
  const group = groupOf(ctx, key, name)
  const own = consumerOf(group, consumer)
  own.activeAt = active ?? null
  const rows = [...group.pending].filter(([, row]) => !after(start, row.id)).sort(([, one], [, other]) => after(one.id, other.id) ? 1 : -1)
  const claimed = []
  const deleted = []
  let looked = 0
  for (const [where, row] of rows) {
    if (looked === count * 10 || claimed.length + deleted.length === count) break
    looked++
    const entry = stream.entries.find(each => same(each.id, row.id))
    if (!entry) {
      group.pending.delete(where)
      deleted.push(id(row.id))
    } else if (redisNow() - row.deliveredAt >= minIdleMs) {
      Object.assign(row, { consumerId: consumer.toString('hex'), deliveredAt: redisNow(), deliveryCount: row.deliveryCount + !justId })
      own.activeAt = redisNow()
      claimed.push(justId ? id(row.id) : list([id(row.id), list(entry.fields.flat().map(bulk))]))
    }
  }
  const next = rows[looked] ? id(rows[looked][1].id) : bulk('0-0')
  return RedisResult.create(list([next, list(claimed), list(deleted)]))
}

const same = (one, other) => one.ms === other.ms && one.seq === other.seq
const groupOf = (ctx, key, name) => ctx.db.getType(key) === 'stream' ? ctx.db.getStream(key).groups.get(name.toString('hex')) : undefined
const consumerOf = (group, name) => group.consumers.get(name.toString('hex'))
