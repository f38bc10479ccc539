// Measures what the phone loads as JavaScript, as it goes over the wire (Brotli): the frame of the hand, and with it each of its pages
// and what that says. Fails above the limit; parts loaded only on use (map, charts, scanner) are not counted.
import { existsSync, readFileSync } from 'node:fs'

const limit = 110_000
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

function reach(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) reach(next, seen)
  return seen
}
function size(keys) {
  const files = new Set([...keys].map((key) => manifest[key].file))
  const bytes = (file) => {
    const packed = new URL(`${file}.br`, dist)
    return readFileSync(existsSync(packed) ? packed : new URL(file, dist)).length
  }
  return [...files].reduce((sum, file) => sum + bytes(file), 0)
}
const print = (name, bytes) => process.stdout.write(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${name}\n`)

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry && key.startsWith('hand/'))
const frame = reach(entry)
print('frame of the hand (compressed)', size(frame))
let worst = size(frame)
for (const page of (manifest[entry].dynamicImports ?? []).filter((key) => key.endsWith('.vue'))) {
  const says = page.replace(/[^/]+\.vue$/, 'texts/zh-CN.ts')
  const all = size(new Set([...frame, ...reach(page), ...(manifest[says] ? reach(says) : [])]))
  worst = Math.max(worst, all)
  print(`with ${page}`, all)
}
for (const key of frame) {
  if (/(^|\/)_?(element|map|charts|scanner)-/.test(manifest[key].file)) {
    process.stderr.write(`the frame of the hand loads ${manifest[key].file}\n`)
    process.exitCode = 1
  }
}
if (!existsSync(new URL('hand/index.html', dist)) || worst > limit) {
  process.stderr.write(`above the limit of ${limit / 1000} kB\n`)
  process.exitCode = 1
}
