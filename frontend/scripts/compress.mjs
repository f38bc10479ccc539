// Puts beside every built file its Brotli and its gzip, as small as they get; the server sends them as they are. What would hardly
// become smaller (fonts, pictures) has none.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const forms = {
  br: (bytes) =>
    brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => gzipSync(bytes, { level: 9 }),
}

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name)
  if (!entry.isFile() || file.includes('/.vite/') || /\.(br|gz)$/.test(file)) continue
  const bytes = readFileSync(file)
  for (const [ending, compress] of Object.entries(forms)) {
    const packed = compress(bytes)
    if (packed.length < bytes.length * 0.95) writeFileSync(`${file}.${ending}`, packed)
  }
}
