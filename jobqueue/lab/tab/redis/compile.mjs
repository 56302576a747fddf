// Packs the packages of the tab into one file, packages.zip, from which Python imports. Unpacked they'd take 15 MB of each
// Python. Adds the bytecode of the modules that the tab imports, to it and to Python's library. Without that each Python
// of the tab compiles them anew: that's more than half of the seconds in which it starts.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { loadPyodide } from 'pyodide'

const [out, shims] = process.argv.slice(2)
const python = await loadPyodide()
const given = async (folder, name) => python.FS.writeFile(name, new Uint8Array(await readFile(`${folder}/${name}`)))
const wheels = (await readdir(out)).filter(name => name.endsWith('.whl'))
const pure = wheels.filter(name => name.endsWith('-any.whl')) // the others have shared libraries: they must be unpacked
const modules = (await readdir(shims)).filter(name => /\.(py|js)$/.test(name))
for (const name of wheels) await given(out, name)
for (const name of modules) await given(shims, name)
await given(out, 'python_stdlib.zip')
for (const name of wheels) if (!pure.includes(name)) python.unpackArchive(python.FS.readFile(name), 'wheel')
python.registerJsModule('tab_redis', {})
python.globals.set('given', python.toPy({ pure, modules }))
await python.runPythonAsync(`
import py_compile
import sys
import zipfile

PACKAGES = "/lib/packages.zip"
# Of the kit, what no lesson of the tab uses: half of it.
LEFT_OUT = tuple(f"jobqueue/lab/{name}/" for name in ("course/notebooks", "interrogate", "site", "tab/redis", "tab/static"))

with zipfile.ZipFile(PACKAGES, "w", zipfile.ZIP_DEFLATED) as packages:
    for wheel in given["pure"]:
        with zipfile.ZipFile(wheel) as files:
            for name in files.namelist():
                if not name.startswith(LEFT_OUT):
                    packages.writestr(name, files.read(name))
    for name in given["modules"]:
        packages.write(name)
sys.path.append(PACKAGES)

import jobqueue.lab.fleet.tasks
import jobqueue.lab.tab.bench
import jobqueue.lab.tab.notebook
import jobqueue.lab.tab.remote

for name in jobqueue.lab.check.__all__[1:]:
    getattr(jobqueue.lab.check, name)
imported = {module.__spec__.origin for module in sys.modules.values() if getattr(module, "__spec__", None)}
library = next(path for path in sys.path if path.endswith(".zip"))
for archive, folder in (("python_stdlib.zip", library), (PACKAGES, PACKAGES)):
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as files:
        for name in files.namelist():
            if name.endswith(".py") and f"{folder}/{name}" in imported:
                with open("source", "wb") as source:
                    source.write(files.read(name))
                unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
                py_compile.compile("source", "code", f"{folder}/{name}", doraise=True, invalidation_mode=unchecked)
                files.write("code", f"{name}c")
`)
await writeFile(`${out}/python_stdlib.zip`, python.FS.readFile('python_stdlib.zip'))
await writeFile(`${out}/packages.zip`, python.FS.readFile('/lib/packages.zip'))
for (const name of pure) await rm(`${out}/${name}`)
