// Stand-ins for the parts of Node that js-redis-server imports and a browser doesn't have.
import { sha1 } from '@noble/hashes/legacy.js'
import { Buffer as Bytes } from 'buffer/'
import { redisNow } from './clock.mjs'

globalThis.Buffer ??= Bytes
export const Buffer = globalThis.Buffer

export { redisNow }

export function createHash(name) {
  if (name !== 'sha1') throw new Error(`there is no hash ${name} in a browser tab`)
  const hash = sha1.create()
  return {
    update(data) {
      hash.update(typeof data === 'string' ? Buffer.from(data) : data)
      return this
    },
    digest(encoding) {
      const digest = Buffer.from(hash.digest())
      return encoding ? digest.toString(encoding) : digest
    },
  }
}

export function createServer() {
  throw new Error('there are no sockets in a browser tab')
}

export class Duplex {}

export default { createHash }
