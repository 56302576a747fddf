// Python and the Redis of the tab, in a Web Worker.
import { loadPyodide } from './pyodide.mjs'

const PACKAGES = '/lib/packages.zip' // Python imports from it, so each Python of the tab takes 15 MB less

// `given` is what Python gets as tab_redis. `tell` is told how far it is.
export async function loadPython(tell, given = {}) {
  tell('Loading Python …')
  const loading = [read('facts.json', 'json'), read('packages.zip'), loadPyodide({ indexURL: './' })]
  const [facts, packages, python] = await Promise.all(loading)
  python.FS.writeFile(PACKAGES, new Uint8Array(packages), { canOwn: true })
  python.pyimport('sys').path.append(PACKAGES)
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
