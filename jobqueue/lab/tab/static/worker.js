// The Web Worker in which the checkers run. The page may end it at any moment: that's a kill -9.
import { explain, loadPython, startRedis } from './python.js'
import { stopClock } from './redis.js'

let python

const tell = text => postMessage({ news: text })

async function boot() {
  stopClock()
  python = await loadPython(tell, { connect: startRedis(), tell })
  tell('Loading the checkers …')
  await python.runPythonAsync(BOOT)
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
async function answer({ ask, checker, code, request }) {
  if (request) { // of a lesson: the explorer's own
    python.globals.set('asked', request)
    return { answer: (await python.runPythonAsync('await bench.answer(asked.to_bytes())')).toJs() }
  }
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
