// A lesson's page: its text, its cells, and one Web Worker that runs them. Start over ends the worker, as a kill -9 does.
import { makeEditor } from './editor.js'

const at = id => document.getElementById(id)
const parts = await (await fetch('lesson-00.json')).json()
const cells = []
const widgets = new Map()
let worker = null
let running = null

for (const { html, code } of parts) {
  const box = document.createElement('section')
  at('cells').append(box)
  if (html) box.innerHTML = html
  else addCell(box, code)
}
at('all').onclick = () => run(cells.find(cell => !cell.done) ?? cells[0])
at('again').onclick = () => { worker?.terminate(); location.reload() }
if ('serviceWorker' in navigator) navigator.serviceWorker.register('offline.js').catch(() => {})

function addCell(box, code) {
  const number = cells.length
  box.className = 'cell'
  const button = document.createElement('button')
  button.textContent = 'Run'
  button.ariaLabel = `Run cell ${number + 1}`
  const place = document.createElement('div')
  const output = document.createElement('div')
  output.className = 'output'
  box.append(button, place, output)
  const cell = { number, box, button, output, editor: makeEditor(place, () => {}), done: false }
  cell.editor.setText(code)
  button.onclick = () => run(cell)
  cells.push(cell)
}

function run(cell) {
  if (running) return
  worker ??= hire()
  running = cell
  cell.output.replaceChildren()
  setBusy(true)
  say(`Running cell ${cell.number + 1} …`)
  worker.postMessage({ cell: cell.number, code: cell.editor.text() })
  cell.box.scrollIntoView({ block: 'center' })
}

function hire() {
  const hired = new Worker('./lesson-worker.js', { type: 'module' })
  hired.onmessage = ({ data }) => hear(data)
  hired.onerror = event => hear({ broken: event.message })
  return hired
}

function hear({ news, broken, widget, content, cell, text, html, show, error, ended }) {
  if (news) say(news)
  if (broken) say(`It didn't start: ${broken}`, true)
  if (widget) widgets.get(widget)?.hear(content)
  if (cell === undefined) return
  const { output } = cells[cell]
  if (text) print(output, text)
  if (html) output.insertAdjacentHTML('beforeend', html)
  if (show) display(output, show)
  if (error) {
    print(output, error)
    output.lastChild.classList.add('wrong')
    say('The cell raised an error.', true)
  }
  if (ended) finish(cells[cell])
}

function finish(cell) {
  const failed = cell.output.querySelector('.wrong')
  cell.done = !failed
  running = null
  setBusy(false)
  if (!failed) say(`Cell ${cell.number + 1} of ${cells.length} is done.`)
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
// Where there's room, it stands at the right.
async function display(output, { number, esm, css, state }) {
  const style = document.createElement('style')
  style.textContent = css
  const place = document.createElement('div')
  const panel = matchMedia('(min-width: 70rem)').matches ? at('picture') : output
  panel.replaceChildren(style, place)
  const heard = new Map()
  const model = {
    get: name => state[name],
    set: (name, value) => { state[name] = value },
    on: (event, hear) => heard.set(event, hear),
    off: event => heard.delete(event),
    send: content => worker.postMessage({ widget: number, content }),
  }
  widgets.set(number, { hear: content => heard.get('msg:custom')?.(content) })
  const url = URL.createObjectURL(new Blob([esm], { type: 'text/javascript' }))
  const { default: picture } = await import(url)
  picture.render({ model, el: place })
}

function setBusy(busy) {
  for (const button of [at('all'), ...cells.map(cell => cell.button)]) button.disabled = busy
}

function say(words, wrong = false) {
  at('news').textContent = words
  at('news').className = wrong ? 'wrong' : ''
}
