// The Redis of the tab: js-redis-server with our repairs, reached through connections that live in memory.
import {
  ClientSession, CommandExecutor, InMemoryConnectionTransport, RedisServerState, Resp2SessionAdapter,
  createAuthPolicy, createRedisCommandRegistry, createTransactionPolicy, resolveCompatibilityProfile,
  setLuaWasmLoadOptions,
} from 'js-redis-server/core'
import { repair, repairLibraries, repairLua } from './repairs.mjs'
import { addSnapshot } from './snapshot.mjs'
import { copyStreamsNoMore } from './speed.mjs'
import { planWithoutEquals, repairStreams } from './streams.mjs'

export { stopClock } from './clock.mjs'

// `wasm` holds the bytes of redis_lua.wasm. Returns `connect()`.
export async function start(wasm) {
  setLuaWasmLoadOptions({ wasmBytes: wasm })
  const server = new RedisServerState()
  const profile = resolveCompatibilityProfile()
  const registry = createRedisCommandRegistry([], profile)
  const { memory, refuse } = repair(registry)
  repairStreams(registry)
  addSnapshot(registry)
  await repairLua(server, memory)
  repairLibraries(server)
  copyStreamsNoMore(server)
  const policies = [createAuthPolicy(), refuse, createTransactionPolicy()]
  const executor = new CommandExecutor({ registry, profile, policies })
  planWithoutEquals(executor)
  return () => connect(server, executor)
}

function connect(server, executor) {
  const transport = new InMemoryConnectionTransport()
  const replies = []
  let wake = () => {}
  transport.write = chunk => {
    replies.push(chunk)
    wake()
  }
  transport.on('close', () => wake())
  const closeConnection = reason => transport.close(reason)
  const session = new ClientSession({ server, executor, signal: transport.signal, closeConnection })
  new Resp2SessionAdapter({ transport, session }).run()
  return {
    send: data => transport.feed(Buffer.from(data)),
    async receive() {
      while (!replies.length) {
        if (transport.signal.aborted) throw new Error('the Redis of the tab closed the connection')
        await new Promise(resolve => { wake = resolve })
      }
      return new Uint8Array(Buffer.concat(replies.splice(0)))
    },
    close: () => transport.close(),
  }
}
