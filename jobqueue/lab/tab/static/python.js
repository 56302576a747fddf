// Python and the Redis of the tab, in a Web Worker.
import { loadPyodide } from './pyodide.mjs'
import { start } from './redis.js'

const STAND_INS = ['hiredis.py', 'resource.py', 'anywidget.py', 'traitlets.py', 'pandas.py']

// `given` is what Python gets as tab_redis, besides `connect`. `tell` is told how far it is.
export async function loadPython(tell, given = {}) {
  tell('Loading Python …')
  const [facts, lua] = await Promise.all([read('facts.json', 'json'), read('redis_lua.wasm')])
  const python = await loadPyodide({ indexURL: './' })
  for (const name of STAND_INS) python.FS.writeFile(name, new Uint8Array(await read(name)))
  for (const name of facts.wheels) python.unpackArchive(await read(name), 'wheel')
  tell('Starting Redis …')
  const connect = await start(new Uint8Array(lua))
  python.registerJsModule('tab_redis', { connect, ...given })
  return python
}

async function read(name, as = 'arrayBuffer') {
  const answer = await fetch(name)
  if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status})`)
  return answer[as]()
}

// The last line of a Python traceback says what is wrong.
export function explain(error) {
  const lines = String(error.message ?? error).trim().split('\n')
  return lines.at(-1)
}
