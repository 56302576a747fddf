// The Web Workers in which the workers of a lesson run. To start one takes seconds, so some wait until they're hired.
const READY = 3 // with those that are hired

export const canStart = typeof Worker === 'function' && new URLSearchParams(location.search).get('workers') === 'web'

const starting = new Set()
let hired = 0
let spare = []

// One at a time: they'd slow down the lesson's own Python.
export function keepReady() {
  if (canStart && !starting.size && hired + spare.length < READY) spare.push(make())
}

function make() {
  const worker = new Worker('./crew-worker.js', { type: 'module' })
  starting.add(worker)
  listen(worker, () => {}, () => { spare = spare.filter(each => each !== worker) })
  return worker
}

function listen(worker, hear, fail) {
  worker.onmessage = ({ data }) => {
    if (data[0] !== 'ready') return hear(...data)
    starting.delete(worker)
    keepReady()
  }
  worker.onerror = ({ message }) => {
    starting.delete(worker)
    fail(message)
  }
}

// Start one. It calls `hear` with each message: a kind, a key, and bytes.
export function start(hear) {
  const worker = spare.shift() ?? make()
  hired += 1
  listen(worker, hear, message => hear('failed', 0, new TextEncoder().encode(message)))
  return {
    post: (...message) => worker.postMessage(message),
    end() {
      worker.terminate()
      starting.delete(worker)
      hired -= 1
      keepReady()
    },
  }
}
