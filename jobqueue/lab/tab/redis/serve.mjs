// The Redis of the tab on a unix socket, for tests that compare it with a real one: node serve.mjs SOCKET WASM [still]
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { stopClock } from './clock.mjs'
import { start } from './redis.mjs'

const [path, wasm, still] = process.argv.slice(2)
if (still) stopClock()
const connect = await start(new Uint8Array(readFileSync(wasm)))

createServer(socket => {
  const link = connect()
  socket.on('data', data => link.send(data))
  socket.on('close', link.close)
  socket.on('error', () => {})
  pass(link, socket).catch(() => socket.destroy()) // receive() fails once either side has closed it
}).listen(path, () => console.log('ready'))

async function pass(link, socket) {
  while (!socket.destroyed) socket.write(await link.receive())
}

process.on('SIGTERM', () => process.exit())
