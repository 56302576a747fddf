// Draws the boxes, buttons and HTML that ipywidgets.py describes, and tells it which button was pressed.
const CSS = `
.panel-row { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; margin: .3rem 0; }
.panel-row button { padding: .3rem .6rem; font-size: 14px; }
.panel-row button.warning { border-color: light-dark(#a33d00, #ff9a5c); }`

function render({ model, el }) {
  let pressed = -1 // the place of the button that has the focus: a new one stands there after each press

  const draw = node => {
    const part = document.createElement(node.button ? 'button' : 'div')
    part.style.width = node.width ? `min(${node.width}, 100%)` : ''
    if (node.children) {
      part.className = `panel-${node.look}`
      part.append(...node.children.map(draw))
    } else if (node.button) {
      part.textContent = node.text
      part.disabled = node.disabled
      part.className = node.style
      part.onclick = () => {
        pressed = [...el.querySelectorAll('button')].indexOf(part)
        model.send({ click: node.button })
      }
    } else part.innerHTML = node.html
    return part
  }

  const show = () => {
    const style = document.createElement('style')
    style.textContent = CSS
    const focused = el.contains(document.activeElement) || document.activeElement === document.body
    el.replaceChildren(style, draw(model.get('tree')))
    if (focused) el.querySelectorAll('button')[pressed]?.focus()
  }
  model.on('change', show)
  show()
}

export default { render }
