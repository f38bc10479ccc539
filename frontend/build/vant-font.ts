import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Plugin } from 'vite'

/** Vant's icon sheet carries its font as a data address and falls back to a foreign host. The content
 * policy refuses the first and the second must never be asked, so the font becomes a file of ours. */
export function vantFont(root: string): Plugin {
  const file = resolve(root, 'node_modules/.cache/gezhi/vant-icon.woff2')
  return {
    name: 'gezhi:vant-font',
    enforce: 'pre',
    transform(code, id) {
      if (!/vant\/(es|lib)\/icon\/index\.css/.test(id)) return null
      const found = /src:\s*url\(data:font\/woff2;charset=utf-8;base64,([A-Za-z0-9+/=]+)\)[^}]*/.exec(code)
      if (!found?.[1]) throw new Error('the icon font of vant has moved; see build/vant-font.ts')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, Buffer.from(found[1], 'base64'))
      return {
        code: code.replace(found[0], `src:url(${JSON.stringify(file)}) format("woff2")`),
        map: null,
      }
    },
  }
}
