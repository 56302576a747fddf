// The page: an editor, and one Web Worker that judges what's in it. Stop ends the worker, and a new one starts.
import { makeEditor } from './editor.js'

const SILENCE = 20_000 // milliseconds without news, after which the page mentions the stop button

const at = id => document.getElementById(id)
const facts = await (await fetch('facts.json')).json()
const editor = makeEditor(at('editor'), keep)
let worker = null
let silence = 0

for (const each of facts.pieces) at('piece').add(new Option(each.piece, each.checker))
if (facts.pieces.some(each => `#${each.checker}` === location.hash)) at('piece').value = location.hash.slice(1)
at('piece').onchange = show
at('check').onclick = () => ask('check')
at('map').onclick = () => ask('map')
at('stop').onclick = kill
at('again').onclick = startOver
show()

function piece() {
  return facts.pieces.find(each => each.checker === at('piece').value)
}

function show() {
  const { checker, code, lesson } = piece()
  editor.setText(localStorage.getItem(`jobqueue-tab-${checker}`) ?? code)
  at('lesson').textContent = `lesson ${lesson.slice(0, 2)}`
  at('lesson').href = `../notebooks/${lesson.split(' ')[0]}.html`
  history.replaceState(null, '', `#${checker}`)
  at('verdict').replaceChildren()
}

function keep(text) {
  try {
    localStorage.setItem(`jobqueue-tab-${piece().checker}`, text)
  } catch {} // a private window may keep nothing
}

function startOver() {
  localStorage.removeItem(`jobqueue-tab-${piece().checker}`)
  show()
}

function ask(what) {
  if (!('Suspending' in WebAssembly)) {
    return say("This browser can't run it: it lacks WebAssembly stack switching (JSPI). Chrome and Edge have it from version 137 on.", true)
  }
  worker ??= hire()
  setBusy(true)
  at('verdict').replaceChildren()
  worker.postMessage({ ask: what, checker: piece().checker, code: editor.text() })
}

function hire() {
  const hired = new Worker('./worker.js', { type: 'module' })
  hired.onmessage = ({ data }) => hear(data)
  hired.onerror = event => hear({ broken: event.message })
  return hired
}

function hear({ news, ready, broken, error, map, html, ok }) {
  clearTimeout(silence)
  if (news) {
    say(news)
    silence = setTimeout(() => say(`${news} · no news for ${SILENCE / 1000} s. If your function never ends, press Stop.`), SILENCE)
  }
  if (ready) keepOffline()
  if (broken) {
    worker.terminate()
    worker = null
    finish(`It didn't start: ${broken}`, true)
  }
  if (error) finish(error, true)
  if (map) {
    const frame = document.createElement('iframe')
    frame.title = 'Every state of the first case'
    frame.sandbox = 'allow-scripts'
    frame.srcdoc = map
    at('verdict').replaceChildren(frame)
    finish('Every state of the checker’s first case. Choose what happens next.')
  }
  if (html) {
    at('verdict').innerHTML = html
    at('verdict').querySelector('.jqx-check')?.setAttribute('tabindex', '0') // it scrolls on a phone
    finish(ok ? 'Your function passed.' : 'The checker found a problem.')
  }
}

// Not sooner: a reader who runs nothing doesn't load it all. And then the browser's own cache has most of it.
function keepOffline() {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('offline.js').catch(() => {})
}

// A Web Worker that's terminated runs no clean-up: it's a kill -9.
function kill() {
  worker?.terminate()
  worker = null
  clearTimeout(silence)
  finish('Killed, as by kill -9: it had no chance to clean up. The next check starts a new worker.')
}

function finish(words, wrong = false) {
  setBusy(false)
  say(words, wrong)
}

function setBusy(busy) {
  at('check').disabled = at('map').disabled = at('piece').disabled = busy
  at('stop').disabled = !busy
}

function say(words, wrong = false) {
  at('news').textContent = words
  at('news').className = wrong ? 'wrong' : ''
}
