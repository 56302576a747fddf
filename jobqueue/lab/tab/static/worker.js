// The Web Worker in which Python and the Redis of the tab run. The page may end it at any moment: that's a kill -9.
import { loadPyodide } from './pyodide.mjs'
import { start, stopClock } from './redis.js'

let python

const tell = text => postMessage({ news: text })

async function boot() {
  tell('Loading Python …')
  const [facts, lua] = await Promise.all([read('facts.json', 'json'), read('redis_lua.wasm')])
  python = await loadPyodide({ indexURL: './' })
  for (const name of ['hiredis.py', 'resource.py']) python.FS.writeFile(name, new Uint8Array(await read(name)))
  for (const name of facts.wheels) python.unpackArchive(await read(name), 'wheel')
  tell('Starting Redis …')
  stopClock()
  const connect = await start(new Uint8Array(lua))
  python.registerJsModule('tab_redis', { connect, tell })
  tell('Loading the checkers …')
  await python.runPythonAsync(BOOT)
}

async function read(name, as = 'arrayBuffer') {
  const answer = await fetch(name)
  if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status})`)
  return answer[as]()
}

// Python's side of the connections: it waits for a reply by switching stacks, which WebAssembly calls JSPI.
const BOOT = `
import signal
from pyodide.ffi import run_sync, to_js
import tab_redis

for name in ("alarm", "setitimer"):
    setattr(signal, name, lambda *_: (0.0, 0.0))

class Link:
    def __init__(self):
        self.link = tab_redis.connect()
    def send(self, data):
        self.link.send(to_js(data))
    def receive(self):
        return run_sync(self.link.receive()).to_bytes()
    def close(self):
        self.link.close()

from jobqueue.lab.tab.bench import Bench
bench = Bench(Link, tab_redis.tell)
`

// Only code that's run this way may switch stacks.
async function answer({ ask, checker, code }) {
  python.globals.set('request', python.toPy([checker, code]))
  if (ask === 'map') return { map: await python.runPythonAsync('await bench.map(*request)') }
  const verdict = await python.runPythonAsync('await bench.judge(*request)')
  const [ok, html] = verdict.toJs()
  return { ok, html }
}

const booted = boot().then(() => postMessage({ ready: true }), error => postMessage({ broken: explain(error) }))

onmessage = async ({ data }) => {
  await booted
  try {
    postMessage(await answer(data))
  } catch (error) {
    postMessage({ error: explain(error) })
  }
}

// The last line of a Python traceback says what is wrong.
function explain(error) {
  const lines = String(error.message ?? error).trim().split('\n')
  return lines.at(-1)
}
