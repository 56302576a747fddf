// Where js-redis-server 0.3.0 answers otherwise than Redis and Valkey do, and its commands and scripts mended.
// tests/tab/ compares it with a real server.
import { RedisCommandError, RedisResult, RedisValue } from 'js-redis-server/core'
import commands from './commands.json'

export const bulk = text => RedisValue.bulkString(Buffer.isBuffer(text) ? text : Buffer.from(text))
const int = RedisValue.integer
export const list = RedisValue.array
export const id = ({ ms, seq }) => bulk(`${ms}-${seq}`)
const flat = (...pairs) => list(pairs.map(each => typeof each === 'string' ? bulk(each) : each))

export function repair(registry) {
  const memory = { limit: 0, written: false }
  const denied = new Set(commands.filter(row => row[2].includes('denyoom')).map(row => row[0]))
  tellAllAboutCommands(registry)
  tellAllAboutStreams(registry)
  markDirtyClients(registry)
  refuseWithoutMemory(registry, memory, denied)
  keepMoreSettings(registry, memory)
  return { memory, refuse: refusalWithoutMemory(memory, denied) }
}

export function replace(registry, name, execute) {
  const original = registry.get(name)
  registry.override({ ...original, execute: (args, ctx) => execute(args, ctx, original.execute) })
}

// COMMAND has no key specifications and few flags. Here it's Valkey's own answer.
function tellAllAboutCommands(registry) {
  const value = each => typeof each === 'number' ? int(each) : typeof each === 'string' ? bulk(each) : list(each.map(value))
  const answer = value(commands.filter(row => registry.has(row[0])))
  replace(registry, 'command', (args, ctx, original) => args.subcommand === undefined ? RedisResult.create(answer) : original(args, ctx))
}

// XINFO STREAM FULL: COUNT 0 means all, names are in order, times are points in time, and each consumer has its own pending entries.
function tellAllAboutStreams(registry) {
  replace(registry, 'xinfo', (args, ctx, original) => {
    const { subcommand, full, count, key } = args.args
    const stream = ctx.db.getStream(key)
    if (subcommand !== 'stream') return inOrder(original(args, ctx), stream, args.args.group)
    if (!full || !stream) return original(args, ctx)
    const most = count === 0 ? Infinity : count ?? 10
    return RedisResult.create(fullReply(stream, most))
  })
}

// Groups and consumers come in the order of their names. The lag is null where Redis can't know it, and a consumer that
// never had an entry has been inactive for -1 ms.
function inOrder(result, stream, group) {
  const name = row => row.entries[0][1].value
  const find = (things, buffer) => things.get(buffer.toString('hex'))
  for (const row of result.value.items ?? []) {
    const last = row.entries.at(-1)
    if (!group) last[1] = lag(stream, find(stream.groups, name(row)))
    else if (find(find(stream.groups, group).consumers, name(row)).activeAt === null) last[1] = int(-1)
  }
  result.value.items?.sort((one, other) => Buffer.compare(name(one), name(other)))
  return result
}

const byName = things => [...things].sort((one, other) => Buffer.compare(one.name, other.name))

function fullReply(stream, most) {
  const first = stream.entries[0]
  return flat(
    'length', int(stream.entries.length), 'radix-tree-keys', int(stream.entries.length ? 1 : 0), 'radix-tree-nodes', int(stream.entries.length ? 2 : 1),
    'last-generated-id', id(stream.lastId), 'max-deleted-entry-id', id(stream.maxDeletedEntryId),
    'entries-added', int(stream.entriesAdded), 'recorded-first-entry-id', first ? id(first.id) : bulk('0-0'),
    'entries', list(stream.entries.slice(0, most).map(entry => list([id(entry.id), list(entry.fields.flat().map(bulk))]))),
    'groups', list(byName(stream.groups.values()).map(group => fullGroup(stream, group, most))),
  )
}

export const after = (one, other) => one.ms > other.ms || (one.ms === other.ms && one.seq > other.seq)
const none = each => each.ms === 0n && each.seq === 0n

// The entries that a group hasn't read yet, as Redis and Valkey reckon it: null if a deleted entry may be among them.
function lag(stream, { lastDeliveredId: last, entriesRead }) {
  const added = Number(stream.entriesAdded)
  if (!added) return int(0)
  const read = entriesRead !== null && !hasGap(stream, last) ? Number(entriesRead) : entriesUpTo(stream, last)
  return read === null ? RedisValue.null() : int(added - read)
}

const firstOf = stream => stream.entries[0]?.id ?? { ms: 0n, seq: 0n }

// Whether an entry was deleted from the part of the stream that comes after the id `last`.
export function hasGap(stream, last) {
  const deleted = stream.maxDeletedEntryId
  return stream.entries.length > 0 && !none(deleted) && !after(firstOf(stream), deleted) && !after(last, deleted)
}

// How many entries were ever added up to the id `last`; null if it can't be known.
export function entriesUpTo(stream, last) {
  const added = Number(stream.entriesAdded)
  const first = firstOf(stream)
  if (after(last, stream.lastId)) return null
  if (!stream.entries.length || !after(stream.lastId, last)) return added
  if (!none(stream.maxDeletedEntryId) && !after(first, stream.maxDeletedEntryId)) return null
  if (after(first, last)) return added - stream.entries.length
  return after(last, first) ? null : added - stream.entries.length + 1
}

function fullGroup(stream, group, most) {
  const pending = [...group.pending.values()].sort((one, other) => after(one.id, other.id) ? 1 : -1)
  const name = each => group.consumers.get(each.consumerId)?.name ?? Buffer.from(each.consumerId, 'hex')
  return flat(
    'name', bulk(group.name), 'last-delivered-id', id(group.lastDeliveredId),
    'entries-read', group.entriesRead === null ? RedisValue.null() : int(group.entriesRead), 'lag', lag(stream, group),
    'pel-count', int(pending.length),
    'pending', list(pending.slice(0, most).map(each => list([id(each.id), bulk(name(each)), int(each.deliveredAt), int(each.deliveryCount)]))),
    'consumers', list(byName(group.consumers.values()).map(consumer => {
      const own = pending.filter(each => group.consumers.get(each.consumerId) === consumer)
      return flat(
        'name', bulk(consumer.name), 'seen-time', int(consumer.seenAt), 'active-time', int(consumer.activeAt ?? -1), 'pel-count', int(own.length),
        'pending', list(own.slice(0, most).map(each => list([id(each.id), int(each.deliveredAt), int(each.deliveryCount)]))),
      )
    })),
  )
}

// CLIENT INFO says flags=d once a watched key was touched.
function markDirtyClients(registry) {
  replace(registry, 'client', (args, ctx, original) => {
    const result = original(args, ctx)
    if (args.subcommand.toLowerCase() === 'info' && ctx.session.isWatchDirty()) {
      const text = result.value.value.toString().replace(/flags=\w*/, 'flags=d')
      return RedisResult.create(bulk(text))
    }
    return result
  })
}

// CONFIG SET knows lua-time-limit, and maxmemory counts.
function keepMoreSettings(registry, memory) {
  replace(registry, 'config', (args, ctx, original) => {
    const words = args.args.map(String)
    if (args.subcommand.toLowerCase() === 'set') {
      if (words[0].toLowerCase() === 'lua-time-limit') return RedisResult.ok()
      const result = original(args, ctx)
      if (words[0].toLowerCase() === 'maxmemory') memory.limit = Number(words[1])
      return result
    }
    return original(args, ctx)
  })
}

const NO_MEMORY = "command not allowed when used memory > 'maxmemory'."

// With a maxmemory, every command that Redis would refuse is refused: it stands for "the memory is full". A script that
// has written something may go on.
function refuseWithoutMemory(registry, memory, denied) {
  for (const name of denied) {
    if (!registry.has(name)) continue
    replace(registry, name, (args, ctx, original) => {
      if (memory.limit && !memory.written) throw new RedisCommandError(NO_MEMORY, 'OOM')
      return original(args, ctx)
    })
  }
}

// In a transaction it's refused when it's queued, and so are commands that may not be in one. EXEC then fails.
function refusalWithoutMemory(memory, denied) {
  return {
    name: 'memory',
    beforeExecute(plan, ctx) {
      const { name } = plan.definition
      const full = memory.limit && denied.has(name)
      if (ctx.session.mode !== 'transaction' || !(full || name === 'multi' || name === 'watch')) return
      ctx.session.markTransactionDirty()
      return full ? RedisResult.error(NO_MEMORY, 'OOM') : RedisResult.error(`Command '${name}' not allowed inside a transaction`, 'ERR')
    },
  }
}

// Lua: a first line `#!lua` is a comment, and %d prints whole numbers up to 2^53. In WebAssembly a C long has 32 bits.
const LUA = 'local string = setmetatable({format = function(f, ...) local a, n = {...}, 0 '
  + "f = string.gsub(f, '%%([-+ #0-9]*)(%.?%d*)(.)', function(flags, digits, kind) if kind == '%' then return end n = n + 1 "
  + "if (kind == 'd' or kind == 'i') and tonumber(a[n]) and math.abs(a[n]) >= 2147483648 then "
  + "a[n] = a[n] < 0 and math.ceil(a[n]) or math.floor(a[n]) return '%' .. flags .. '.0f' end end) "
  + 'return string.format(f, unpack(a, 1, select("#", ...))) end}, {__index = string}) '

const WRITES = new Set(commands.filter(row => row[2].includes('write')).map(row => row[0]))

export async function repairLua(server, memory) {
  const lua = await server.getLuaRuntime()
  const run = lua.eval.bind(lua)
  lua.eval = (script, ...rest) => {
    const text = script.toString('latin1')
    if (memory.limit && /^#!lua(?!.*(allow-oom|no-writes))/.test(text)) throw new RedisCommandError(NO_MEMORY, 'OOM')
    memory.written = false
    try {
      return run(Buffer.from(LUA + text.replace(/^#!/, '--'), 'latin1'), ...rest)
    } finally {
      memory.written = false
    }
  }
  const call = lua.runRedisCommand.bind(lua)
  lua.runRedisCommand = words => {
    const reply = call(words)
    memory.written ||= WRITES.has(words[0]?.toString().toLowerCase()) && !reply?.err?.toString().startsWith('OOM')
    return reply
  }
}

// A library's functions are what it registers when it runs. js-redis-server looks for registrations in its text instead.
// It runs before each call, so a local variable of the library doesn't last from one call to the next.
const LIBRARY = 'local functions = {} local redis = setmetatable({register_function = function(name, callback) '
  + 'local given = callback and {function_name = name, callback = callback} or name '
  + 'functions[given.function_name] = given.callback end}, {__index = redis}) '

export function repairLibraries({ functionRegistry }) {
  const load = functionRegistry.load.bind(functionRegistry)
  functionRegistry.load = (library, replace) => {
    const body = LIBRARY + library.code.toString('latin1').replace(/^#!/, '--')
    const run = name => Buffer.from(`${body}\nreturn functions[${JSON.stringify(name)}](KEYS, ARGV)`, 'latin1')
    load({ ...library, functions: library.functions.map(each => ({ ...each, script: run(each.name) })) }, replace)
  }
}
