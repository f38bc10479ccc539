// Writes src/api/routes.ts: operation id → method, path, whether it takes an Idempotency-Key.
import { readFileSync, writeFileSync } from 'node:fs'

const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
const base = document.servers?.[0]?.url?.replace(/\/$/, '') ?? ''
const lines = []
for (const [path, item] of Object.entries(document.paths)) {
  for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
    const operation = item[method]
    if (!operation?.operationId) continue
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
    const once = parameters.some((p) => p.in === 'header' && p.name.toLowerCase() === 'idempotency-key')
    const full = path.startsWith('/api/') ? path : `${base.startsWith('/') ? base : ''}${path}`
    lines.push(`  ${operation.operationId}: ['${method.toUpperCase()}', '${full}', ${once}],`)
  }
}
writeFileSync(
  new URL('../src/api/routes.ts', import.meta.url),
  `/** Where each operation lives: method, path, and whether it takes an Idempotency-Key. Written by
 * scripts/routes.mjs from openapi/openapi.json (\`npm run generate\`). */
export const routes = {
${lines.sort().join('\n')}
} as const satisfies Record<string, readonly [string, string, boolean]>
`,
)
