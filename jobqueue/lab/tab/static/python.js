// Python and the Redis of the tab, in a Web Worker.
import { loadPyodide } from './pyodide.mjs'

const STAND_INS = ['hiredis.py', 'resource.py', 'anywidget.py', 'traitlets.py', 'pandas.py', 'ipywidgets.py', 'ipywidgets.js']

// `given` is what Python gets as tab_redis. `tell` is told how far it is.
export async function loadPython(tell, given = {}) {
  tell('Loading Python …')
  const [facts, python] = await Promise.all([read('facts.json', 'json'), loadPyodide({ indexURL: './' })])
  for (const name of STAND_INS) python.FS.writeFile(name, new Uint8Array(await read(name)))
  for (const name of facts.wheels) python.unpackArchive(await read(name), 'wheel')
  python.registerJsModule('tab_redis', { ...given, connect: await given.connect })
  return python
}

// Loaded only here: a worker of a lesson has no Redis of its own. Returns what connects to it.
export async function startRedis() {
  const [{ start }, lua] = await Promise.all([import('./redis.js'), read('redis_lua.wasm')])
  return start(new Uint8Array(lua))
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
