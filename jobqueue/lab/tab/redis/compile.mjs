// Adds the bytecode of the modules that the tab imports to the wheels in a folder, and to Python's library. Without it
// each Python of the tab compiles them anew: that's more than half of the seconds in which it starts.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { loadPyodide } from 'pyodide'

const [out] = process.argv.slice(2)
const python = await loadPyodide()
const archives = []
for (const name of await readdir(out)) {
  if (!/\.(whl|zip|py)$/.test(name)) continue
  const bytes = new Uint8Array(await readFile(`${out}/${name}`))
  if (name.endsWith('.whl')) python.unpackArchive(bytes, 'wheel')
  python.FS.writeFile(name, bytes)
  if (!name.endsWith('.py')) archives.push(name)
}
python.registerJsModule('tab_redis', {})
python.globals.set('archives', python.toPy(archives))
await python.runPythonAsync(`
import importlib.util
import py_compile
import sys
import zipfile

import jobqueue.lab.fleet.tasks
import jobqueue.lab.tab.bench
import jobqueue.lab.tab.notebook
import jobqueue.lab.tab.remote

for name in jobqueue.lab.check.__all__[1:]:
    getattr(jobqueue.lab.check, name)
imported = {module.__spec__.origin for module in sys.modules.values() if getattr(module, "__spec__", None)}
packages = jobqueue.__file__.removesuffix("/jobqueue/__init__.py")
library = next(path for path in sys.path if path.endswith(".zip"))
for archive in archives:
    is_wheel = archive.endswith(".whl")
    folder = packages if is_wheel else library
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as files:
        for name in files.namelist():
            if name.endswith(".py") and f"{folder}/{name}" in imported:
                with open("source", "wb") as source:
                    source.write(files.read(name))
                unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
                py_compile.compile("source", "code", f"{folder}/{name}", doraise=True, invalidation_mode=unchecked)
                files.write("code", importlib.util.cache_from_source(name) if is_wheel else f"{name}c")
`)
for (const name of archives) await writeFile(`${out}/${name}`, python.FS.readFile(name))
