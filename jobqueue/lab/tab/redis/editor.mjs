// The page's editor: CodeMirror with Python, in the colours of the system.
import { EditorView, basicSetup } from 'codemirror'
import { indentWithTab } from '@codemirror/commands'
import { python } from '@codemirror/lang-python'
import { Compartment } from '@codemirror/state'
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'

// Each stands out from its background by 4.5 : 1, on the line with the cursor, too.
const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'light-dark(#7a1fa2, #d9a8f0)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'light-dark(#a3210f, #a8d8a4)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#0b5d3b, #f0bd82)' },
  { tag: tags.comment, color: 'light-dark(#565c64, #b0b7bf)' },
  { tag: tags.function(tags.definition(tags.variableName)), color: 'light-dark(#0b5490, #7dbff7)' },
])

const scheme = matchMedia('(prefers-color-scheme: dark)')

export function makeEditor(parent, onChange) {
  const theme = new Compartment()
  const dark = () => EditorView.darkTheme.of(scheme.matches)
  const changed = EditorView.updateListener.of(update => { if (update.docChanged) onChange(update.state.doc.toString()) })
  const label = EditorView.contentAttributes.of({ 'aria-label': 'Your code', tabindex: '0' })
  const look = [theme.of(dark()), syntaxHighlighting(COLOURS)]
  const extensions = [basicSetup, keymap.of([indentWithTab]), python(), indentUnit.of('    '), look, changed, label]
  const view = new EditorView({ parent, extensions })
  scheme.addEventListener('change', () => view.dispatch({ effects: theme.reconfigure(dark()) }))
  return {
    text: () => view.state.doc.toString(),
    setText: text => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  }
}
