// Where js-redis-server 0.3.0 answers otherwise than Redis and Valkey do, and its commands and scripts mended.
// tests/tab/ compares it with a real server.
import { RedisCommandError, RedisResult, RedisValue } from 'js-redis-server/core'
import commands from './commands.json'

const bulk = text => RedisValue.bulkString(Buffer.isBuffer(text) ? text : Buffer.from(text))
const int = RedisValue.integer
const list = RedisValue.array
const id = ({ ms, seq }) => bulk(`${ms}-${seq}`)
const flat = (...pairs) => list(pairs.map(each => typeof each === 'string' ? bulk(each) : each))

export function repair(registry) {
  const memory = { limit: 0 }
  const denied = new Set(commands.filter(row => row[2].includes('denyoom')).map(row => row[0]))
  tellAllAboutCommands(registry)
  tellAllAboutStreams(registry)
  markDirtyClients(registry)
  refuseWithoutMemory(registry, memory, denied)
  keepMoreSettings(registry, memory)
  return refusalWithoutMemory(memory, denied)
}

function replace(registry, name, execute) {
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
    if (subcommand !== 'stream') return inOrder(original(args, ctx))
    if (!full || !stream) return original(args, ctx)
    const most = count === 0 ? Infinity : count ?? 10
    return RedisResult.create(fullReply(stream, most))
  })
}

// Groups and consumers come in the order of their names.
function inOrder(result) {
  result.value.items?.sort((one, other) => Buffer.compare(one.entries[0][1].value, other.entries[0][1].value))
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

const after = (one, other) => one.ms > other.ms || (one.ms === other.ms && one.seq > other.seq)
const lag = (stream, group) => stream.entries.filter(entry => after(entry.id, group.lastDeliveredId)).length

function fullGroup(stream, group, most) {
  const pending = [...group.pending.values()].sort((one, other) => after(one.id, other.id) ? 1 : -1)
  const name = each => group.consumers.get(each.consumerId)?.name ?? Buffer.from(each.consumerId, 'hex')
  return flat(
    'name', bulk(group.name), 'last-delivered-id', id(group.lastDeliveredId),
    'entries-read', group.entriesRead === null ? RedisValue.null() : int(group.entriesRead), 'lag', int(lag(stream, group)),
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

// With a maxmemory, every command that Redis would refuse is refused: it stands for "the memory is full".
function refuseWithoutMemory(registry, memory, denied) {
  for (const name of denied) {
    if (!registry.has(name)) continue
    replace(registry, name, (args, ctx, original) => {
      if (memory.limit) throw new RedisCommandError(NO_MEMORY, 'OOM')
      return original(args, ctx)
    })
  }
}

// In a transaction it's refused when it's queued.
function refusalWithoutMemory(memory, denied) {
  return {
    name: 'memory',
    beforeExecute(plan, ctx) {
      if (memory.limit && ctx.session.mode === 'transaction' && denied.has(plan.definition.name)) return RedisResult.error(NO_MEMORY, 'OOM')
    },
  }
}

// Lua: a first line `#!lua` is a comment, and %d prints whole numbers up to 2^53. In WebAssembly a C long has 32 bits.
const LUA = 'local string = setmetatable({format = function(f, ...) local a, n = {...}, 0 '
  + "f = string.gsub(f, '%%([-+ #0-9]*)(%.?%d*)(.)', function(flags, digits, kind) if kind == '%' then return end n = n + 1 "
  + "if (kind == 'd' or kind == 'i') and tonumber(a[n]) and math.abs(a[n]) >= 2147483648 then "
  + "a[n] = a[n] < 0 and math.ceil(a[n]) or math.floor(a[n]) return '%' .. flags .. '.0f' end end) "
  + 'return string.format(f, unpack(a, 1, select("#", ...))) end}, {__index = string}) '

export async function repairLua(server) {
  const lua = await server.getLuaRuntime()
  const run = lua.eval.bind(lua)
  lua.eval = (script, ...rest) => run(Buffer.concat([Buffer.from(LUA), Buffer.from(script.toString('latin1').replace(/^#!/, '--'), 'latin1')]), ...rest)
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
