// The Web Worker in which a lesson runs: its cells, its world, and the Redis of that world.
import { canStart, keepReady, start } from './crew.js'
import { explain, loadPython, startRedis } from './python.js'

const tell = text => postMessage({ news: text })
let notebook

async function boot() {
  const post = text => postMessage(JSON.parse(text))
  const given = { connect: startRedis(), receive, post, hire, canStart, start }
  const python = await loadPython(tell, given)
  tell('Loading the lab …')
  await python.runPythonAsync(BOOT)
  notebook = python.globals.get('notebook')
  postMessage({ ready: true })
  keepReady()
}

// A program that does nothing but ask Redis would leave no time for timers, and for messages of the page.
const TURN = 20 // milliseconds
let began = 0
let pause = null

async function receive(link) {
  const data = await link.receive()
  if (performance.now() - began > TURN) {
    pause ??= new Promise(resolve => setTimeout(resolve)).then(() => {
      began = performance.now()
      pause = null
    })
    await pause
  }
  return data
}

// The checkers run in a Web Worker of their own. What it answers, Python hears.
function hire(hear) {
  if (!('Suspending' in WebAssembly)) {
    hear("this browser lacks WebAssembly stack switching (JSPI), which Chrome and Edge have from 137 on")
    return { send() {}, end() {} }
  }
  const checker = new Worker('./worker.js', { type: 'module' })
  checker.onmessage = ({ data: { news, broken, error, answer } }) => {
    if (news) tell(news)
    hear(broken ?? error, answer)
  }
  checker.onerror = event => hear(event.message)
  return { send: data => checker.postMessage({ request: data }), end: () => checker.terminate() }
}

const BOOT = `
from pyodide.ffi import create_proxy, to_js
import tab_redis

class Link:
    def __init__(self):
        self.link = tab_redis.connect()
    def send(self, data):
        self.link.send(to_js(data))
    async def receive(self):
        return (await tab_redis.receive(self.link)).to_bytes()
    def close(self):
        self.link.close()

class Checker:
    def __init__(self, hear):
        self.worker = tab_redis.hire(create_proxy(lambda trouble, answer=None: hear(trouble, answer and answer.to_bytes())))
    def send(self, data):
        self.worker.send(to_js(data))
    def end(self):
        self.worker.end()

class Port:
    def __init__(self, hear):
        self.port = tab_redis.start(create_proxy(lambda kind, key, data: hear(kind, key, data.to_bytes())))
    def post(self, kind, key, data):
        self.port.post(kind, key, to_js(data))
    def end(self):
        self.port.end()

from jobqueue.lab.tab.notebook import Notebook
notebook = Notebook(Link, tab_redis.post, Checker, Port if tab_redis.canStart else None)
`

const booted = boot().catch(error => postMessage({ broken: explain(error) }))

onmessage = async ({ data }) => {
  await booted
  if (!notebook) return
  if ('code' in data) await notebook.run(data.cell, data.code)
  else if ('stop' in data) notebook.stop()
  else if ('queue' in data) notebook.bring(data.queue)
  else notebook.hear(JSON.stringify(data))
}
