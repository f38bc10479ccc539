import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ManifestTransform } from 'workbox-build'

interface Chunk {
  file: string
  css?: string[]
  assets?: string[]
  imports?: string[]
  dynamicImports?: string[]
}

/** Of all that was built, what the phone keeps for work without a connection: its page, its frame and
 * its pages, but not the desk's part nor the heavy parts, which load when used. */
export function handOnly(dist: string): ManifestTransform {
  return (entries) => {
    const chunks = JSON.parse(readFileSync(resolve(dist, '.vite/manifest.json'), 'utf8')) as Record<
      string,
      Chunk
    >
    const files = new Set<string>()
    const seen = new Set<string>()
    const visit = (key: string): void => {
      const chunk = chunks[key]
      if (seen.has(key) || !chunk || /\/(map|charts|scanner)-/.test(chunk.file)) return
      seen.add(key)
      for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file)
      for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) visit(next)
    }
    visit('hand/index.html')
    const kept = entries.filter(
      (entry) => entry.url.startsWith('/hand/') || files.has(entry.url.replace(/^\//, '')),
    )
    return { manifest: kept, warnings: [] }
  }
}
