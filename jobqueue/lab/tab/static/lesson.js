// A lesson's page: its text, its cells, and one Web Worker that runs them. Start over ends the worker, as a kill -9 does.
import { makeEditor } from './editor.js'

const at = id => document.getElementById(id)
const read = async name => (await fetch(name)).json()
const { lessons } = await read('facts.json')
const lesson = lessons.find(each => `#${each}` === location.hash) ?? lessons[0]
const QUEUE = 'jobqueue-my_queue.py' // where the browser keeps it, for the next lesson
const STUBBORN = 3000 // milliseconds after which a cell that goes on can't be stopped
const parts = await read(`lesson-${lesson}.json`)
const cells = []
const widgets = new Map()
let worker = null
let running = null
let stopping = 0
const wide = matchMedia('(min-width: 70rem)').matches // then a picture stands at the right

for (const { html, code } of parts) {
  const box = document.createElement('section')
  at('cells').append(box)
  if (html) box.innerHTML = html
  else addCell(box, code)
}
document.title = `Lesson ${lesson} in this tab`
at('lessons').innerHTML = lessons.map(each => `<a href="#${each}">${each}</a>`).join(' · ')
onhashchange = () => location.reload()
at('all').onclick = () => run(cells.find(cell => !cell.done) ?? cells[0])
at('again').onclick = () => { worker?.terminate(); location.reload() }
at('stop').onclick = stop
at('web').checked = new URLSearchParams(location.search).get('workers') === 'web'
at('web').onchange = () => { location.search = at('web').checked ? 'workers=web' : '' }

function addCell(box, code) {
  const number = cells.length
  box.className = 'cell'
  const button = document.createElement('button')
  button.textContent = 'Run'
  button.ariaLabel = `Run cell ${number + 1}`
  const back = document.createElement('button')
  back.textContent = 'Put back'
  back.hidden = true
  back.ariaLabel = `Put back the lesson's code of cell ${number + 1}`
  const place = document.createElement('div')
  const output = document.createElement('div')
  output.className = 'output'
  box.append(button, back, place, output)
  const editor = makeEditor(place, text => {
    back.hidden = text === code
    keep(number, code, text)
  })
  editor.setText(kept(number, code) ?? code)
  button.onclick = () => run(cell)
  back.onclick = () => editor.setText(code)
  const cell = { number, box, button, output, editor, done: false, failed: false }
  cells.push(cell)
}

// What a reader writes stays in this browser, for as long as the lesson's own code of the cell is the same.
function keep(number, code, text) {
  const name = `jobqueue-lesson-${lesson}-${number}`
  if (text === code) localStorage.removeItem(name)
  else store(name, JSON.stringify({ code, text }))
}

function store(name, text) {
  try {
    localStorage.setItem(name, text)
  } catch {} // a private window may keep nothing
}

function kept(number, code) {
  const found = JSON.parse(localStorage.getItem(`jobqueue-lesson-${lesson}-${number}`))
  return found?.code === code ? found.text : null
}

function run(cell) {
  if (running) return
  worker ??= hire()
  running = cell
  cell.failed = false
  cell.output.replaceChildren()
  setBusy(true)
  say(`Running cell ${cell.number + 1} …`)
  worker.postMessage({ cell: cell.number, code: cell.editor.text() })
  cell.box.scrollIntoView({ block: 'center' })
}

function hire() {
  const hired = new Worker(`./lesson-worker.js${location.search}`, { type: 'module' })
  hired.onmessage = ({ data }) => hear(data)
  hired.onerror = event => hear({ broken: event.message })
  const queue = localStorage.getItem(QUEUE)
  if (queue) hired.postMessage({ queue })
  return hired
}

function hear({ news, ready, broken, queue, widget, content, change, cell, text, html, show, beside, lack, error, ended }) {
  if (news) say(news)
  if (queue) store(QUEUE, queue)
  if (ready) keepOffline()
  if (broken) say(`It didn't start: ${broken}`, true)
  if (widget) widgets.get(widget)?.hear(content, change)
  if (cell === undefined) return
  const { output } = cells[cell]
  if (text) print(output, text)
  if (html) output.insertAdjacentHTML('beforeend', html)
  if (show) display(beside && wide ? at('picture') : output, show)
  if (lack) print(output, lack)
  if (error) {
    cells[cell].failed = true
    print(output, error)
    output.lastChild.classList.add('wrong')
    say('The cell raised an error.', true)
  }
  if (ended) finish(cells[cell])
}

// Only code that waits for something can be stopped: a loop that computes hears nothing.
function stop() {
  worker.postMessage({ stop: true })
  stopping = setTimeout(() => say('This cell computes without end, and hears no Stop. Start over ends it.', true), STUBBORN)
}

// Not sooner: a reader who runs nothing doesn't load it all. And then the browser's own cache has most of it.
function keepOffline() {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('offline.js').catch(() => {})
}

function finish(cell) {
  cell.done = !cell.failed
  running = null
  clearTimeout(stopping)
  setBusy(false)
  if (cell.done) say(`Cell ${cell.number + 1} of ${cells.length} is done.`)
}

function print(output, text) {
  if (output.lastChild?.className !== 'printed') {
    const lines = document.createElement('pre')
    lines.className = 'printed'
    output.append(lines)
  }
  output.lastChild.append(text)
}

// A picture is an anywidget: its own script moves it, by the messages that Python sends.
async function display(panel, { number, esm, css, state }) {
  const style = document.createElement('style')
  style.textContent = css
  const place = document.createElement('div')
  panel.replaceChildren(style, place)
  let hearers = []
  let changed = {}
  const emit = (event, content) => hearers.forEach(([name, hear]) => name === event && hear(content))
  const model = {
    get: name => state[name],
    set(name, value) {
      state[name] = changed[name] = value
      emit('change')
    },
    save_changes() {
      worker.postMessage({ widget: number, change: changed })
      changed = {}
    },
    on: (event, hear) => hearers.push([event, hear]),
    off(event, hear) { hearers = hearers.filter(each => each[0] !== event || each[1] !== hear) },
    send: content => worker.postMessage({ widget: number, content }),
  }
  widgets.set(number, {
    hear(content, change) {
      if (change) {
        Object.assign(state, change)
        emit('change')
      } else emit('msg:custom', content)
    },
  })
  const url = URL.createObjectURL(new Blob([esm], { type: 'text/javascript' }))
  const { default: picture } = await import(url)
  picture.render({ model, el: place })
}

function setBusy(busy) {
  for (const button of [at('all'), ...cells.map(cell => cell.button)]) button.disabled = busy
  at('stop').disabled = !busy
}

function say(words, wrong = false) {
  at('news').textContent = words
  at('news').className = wrong ? 'wrong' : ''
}
