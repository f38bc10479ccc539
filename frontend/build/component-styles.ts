import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const kebab = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()

/** Style module of one imported name, or undefined where the name has none (types, composables). */
export function styleOf(library: string, name: string, root: string): string | undefined {
  if (library === 'element-plus') {
    if (!/^El[A-Z]/.test(name)) return undefined
    const path = `element-plus/es/components/${kebab(name.slice(2))}/style/css`
    return existsSync(resolve(root, 'node_modules', `${path}.mjs`)) ? path : undefined
  }
  const component = name
    .replace(/^show(Confirm|Loading|Success|Fail)?/, '')
    .replace(/^close/, '')
    .replace(/^(?=[a-z])./, (c) => c.toUpperCase())
  const path = `vant/es/${kebab(component)}/style/index`
  return existsSync(resolve(root, 'node_modules', `${path}.mjs`)) ? path : undefined
}

/** Adds the style sheet of every Element Plus or Vant component that a module imports by name, so that
 * a page pays only for the widgets it uses and no author has to remember a second import. */
export function componentStyles(root: string): Plugin {
  return {
    name: 'gezhi:component-styles',
    enforce: 'post',
    transform(code, id) {
      if (id.includes('/node_modules/')) return null
      const styles = new Set<string>()
      for (const [, names, library] of code.matchAll(
        /import\s*\{([^}]*)\}\s*from\s*["'](element-plus|vant)["']/g,
      )) {
        for (const part of (names ?? '').split(',')) {
          const name = part
            .trim()
            .split(/\s+as\s+/)[0]
            ?.trim()
          const style = name && library ? styleOf(library, name, root) : undefined
          if (style) styles.add(style)
        }
      }
      if (styles.size === 0) return null
      const imports = [...styles].map((path) => `import ${JSON.stringify(path)};`).join('')
      return { code: `${code}\n${imports}`, map: null }
    },
  }
}
