import type { Plugin } from 'vite'

/** A style sheet in the head keeps the browser from painting anything before it has come. Behind the first lines of the page it
 * keeps the scripts alone waiting, and those lines bring their own few rules. */
export function firstPaint(): Plugin {
  return {
    name: 'gezhi:first-paint',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const sheet = /\s*<link rel="stylesheet"[^>]*>/g
        const sheets = html.match(sheet) ?? []
        return html.replace(sheet, '').replace(/\s*<\/body>/, `${sheets.join('')}\n  </body>`)
      },
    },
  }
}
