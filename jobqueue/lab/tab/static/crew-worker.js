// A Web Worker in which one worker of a lesson runs, with a Python of its own. To end it is a kill -9.
import { explain, loadPython } from './python.js'

const BOOT = `
from pyodide.ffi import to_js
import tab_redis
from jobqueue.lab.tab.remote import Remote
from jobqueue.lab.tab.work import read_library_packed

read_library_packed()
remote = Remote(lambda kind, key, data: tab_redis.post(kind, key, to_js(data)))
lambda kind, key, data: remote.hear(kind, key, data.to_bytes())
`

// After its end, none of its tasks run.
function post(...message) {
  postMessage(message)
  if (message[0] === 'end') close()
}

async function boot() {
  try {
    const python = await loadPython(() => {}, { post })
    const hear = await python.runPythonAsync(BOOT)
    post('ready')
    return hear
  } catch (error) {
    const why = new TextEncoder().encode(explain(error))
    return () => post('failed', 0, why)
  }
}

const booted = boot()

onmessage = async ({ data }) => {
  const hear = await booted
  hear(...data)
}
