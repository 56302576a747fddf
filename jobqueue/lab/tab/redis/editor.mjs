// The page's editor: CodeMirror with Python, in the colours of the system.
import { EditorView, basicSetup } from 'codemirror'
import { indentWithTab } from '@codemirror/commands'
import { python } from '@codemirror/lang-python'
import { indentUnit } from '@codemirror/language'
import { oneDark } from '@codemirror/theme-one-dark'
import { keymap } from '@codemirror/view'

export function makeEditor(parent, onChange) {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches ? [oneDark] : []
  const changed = EditorView.updateListener.of(update => { if (update.docChanged) onChange(update.state.doc.toString()) })
  const label = EditorView.contentAttributes.of({ 'aria-label': 'Your code' })
  const extensions = [basicSetup, keymap.of([indentWithTab]), python(), indentUnit.of('    '), ...dark, changed, label]
  const view = new EditorView({ parent, extensions })
  return {
    text: () => view.state.doc.toString(),
    setText: text => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  }
}
