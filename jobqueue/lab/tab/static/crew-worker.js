// A Web Worker in which one worker of a lesson runs, with a Python of its own. To end it is a kill -9.
import { explain, loadPython } from './python.js'

const BOOT = `
import sys
import zipfile
from pyodide.ffi import to_js
import tab_redis
from jobqueue.lab.course import library
from jobqueue.lab.tab.remote import Remote

# Jobs read the library's files. They're in one file, which is quicker to open than to unpack.
library.STDLIB = zipfile.Path(next(path for path in sys.path if path.endswith(".zip")))
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
