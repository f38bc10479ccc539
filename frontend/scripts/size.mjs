// Measures what the phone loads as JavaScript: the frame of the hand, and with it each of its pages.
// Fails above the limit; parts loaded only on use (map, charts, scanner) are not counted.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 150_000
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

function reach(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) reach(next, seen)
  return seen
}
const sizes = new Map()
function size(keys) {
  let sum = 0
  for (const file of new Set([...keys].map((key) => manifest[key].file))) {
    if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length)
    sum += sizes.get(file)
  }
  return sum
}
const print = (name, bytes) => process.stdout.write(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${name}\n`)

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry && key.startsWith('hand/'))
const frame = reach(entry)
print('frame of the hand (compressed)', size(frame))
let worst = size(frame)
for (const page of manifest[entry].dynamicImports ?? []) {
  const all = size(new Set([...frame, ...reach(page)]))
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
