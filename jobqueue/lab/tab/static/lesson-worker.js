// The Web Worker in which a lesson runs: its cells, its world, and the Redis of that world.
import { explain, loadPython } from './python.js'

const tell = text => postMessage({ news: text })
let notebook

async function boot() {
  const python = await loadPython(tell, { post: text => postMessage(JSON.parse(text)) })
  tell('Loading the lab …')
  await python.runPythonAsync(BOOT)
  notebook = python.globals.get('notebook')
  postMessage({ ready: true })
}

const BOOT = `
from pyodide.ffi import to_js
import tab_redis

class Link:
    def __init__(self):
        self.link = tab_redis.connect()
    def send(self, data):
        self.link.send(to_js(data))
    async def receive(self):
        return (await self.link.receive()).to_bytes()
    def close(self):
        self.link.close()

from jobqueue.lab.tab.notebook import Notebook
notebook = Notebook(Link, tab_redis.post)
`

const booted = boot().catch(error => postMessage({ broken: explain(error) }))

onmessage = async ({ data }) => {
  await booted
  if (!notebook) return
  if ('code' in data) await notebook.run(data.cell, data.code)
  else notebook.hear(JSON.stringify(data))
}
