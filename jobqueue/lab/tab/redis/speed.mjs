// js-redis-server copies a whole value for each look at it, and for each listener to a change. With streams of a hundred
// entries that's nine tenths of its time, and no command that reads a stream changes what it was given.

const ZERO = { ms: 0n, seq: 0n }
const NOTHING = { type: 'stream', entries: [], lastId: ZERO, entriesAdded: 0, maxDeletedEntryId: ZERO, groups: new Map() }

export function copyStreamsNoMore(server) {
  for (const database of server.databases) {
    const { keyspace, mutations } = database
    const get = keyspace.get.bind(keyspace)
    keyspace.get = key => {
      const entry = keyspace.getLiveEntry(key)
      return entry?.value.type === 'stream' ? entry.value : get(key)
    }
    const emit = mutations.emit.bind(mutations)
    mutations.emit = event => emit(event.value?.type === 'stream' ? { ...event, value: NOTHING } : event)
  }
}
