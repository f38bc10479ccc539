// Writes, from openapi/openapi.json: src/api/permissions.ts (every permission, and which one each operation needs),
// src/api/permission-names.ts (what they are called), src/api/words (what the words of each kind are called, and why an act that is
// somebody's own is not open to them now), src/api/changes.ts (which reads answer otherwise after an operation) and
// src/api/columns.ts (what lists have as tables).
import { readFileSync, writeFileSync } from 'node:fs'

const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
const by = 'Written by scripts/labels.mjs from openapi/openapi.json (`npm run generate`).'
const put = (name, text) => writeFileSync(new URL(`../src/api/${name}`, import.meta.url), text)
const text = (value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const snake = (name) => name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase()

const permissions = document['x-permissions']
const needed = Object.values(document.paths)
  .flatMap((item) => Object.values(item))
  .filter((operation) => operation['x-permission'])
  .map((operation) => [operation.operationId, operation['x-permission']])
  .sort(([one], [other]) => (one < other ? -1 : 1))
put(
  'permissions.ts',
  `/** Every permission the server knows. ${by} */
export const permissions = [
${permissions.map((one) => `  ${text(one.name)},`).join('\n')}
] as const

/** Which permission each operation needs. */
export const needs = {
${needed.map(([operation, permission]) => `  ${operation}: ${text(permission)},`).join('\n')}
} as const
`,
)

const names = (language) =>
  permissions.map((one) => `    ${text(one.name)}: ${text(one[language])},`).join('\n')
put(
  'permission-names.ts',
  `/** What the permissions are called. ${by} */
export const permissionNames = {
  'zh-CN': {
${names('zh')}
  },
  en: {
${names('en')}
  },
} as const
`,
)

const kinds = Object.entries(document.components.schemas)
  .filter(([, schema]) => schema['x-enum-zh'])
  .sort(([one], [other]) => (one < other ? -1 : 1))
const words = (language) =>
  kinds
    .map(([name, schema]) => {
      // In the order of the kind, which is that of the choices.
      const lines = schema.enum.map((word) => `      ${word}: ${text(schema[`x-enum-${language}`][word])},`)
      return `    ${snake(name)}: {\n${lines.join('\n')}\n    },`
    })
    .join('\n')

// What `may` says of an operation is one of that operation's codes. Who is not the one to do it (403, 404) is told nothing of it.
const acts = Object.entries(document.components.schemas)
  .filter(([name]) => /.May$/.test(name))
  .flatMap(([, schema]) => Object.keys(schema.properties))
const answers = Object.values(document.paths)
  .flatMap((item) => Object.values(item))
  .filter((operation) => acts.includes(operation.operationId))
  .flatMap((operation) => operation.responses['409']?.['x-codes'] ?? [])
const titles = document['x-error-codes'].filter((one) => answers.includes(one.code))
const reasons = (language) => titles.map((one) => `    ${one.code}: ${text(one[language])},`).join('\n')
// A file for each language: a page loads the one that is spoken.
for (const [language, short] of [
  ['zh-CN', 'zh'],
  ['en', 'en'],
]) {
  put(
    `words/${language}.ts`,
    `${language === 'en' ? "import type zh from './zh-CN'\n\n" : ''}/** What the words of each kind are called, and why an act is not open now to those whose act it is.
 * ${by} */
export default {
  words: {
${words(short)}
  },
  reasons: {
${reasons(short)}
  },
}${language === 'en' ? ' satisfies typeof zh' : ''}
`,
  )
}

// As the formatter has it: in a line, or in a line each.
const list = (head, items) => {
  const line = `${head}[${items.join(', ')}],`
  return line.length > 110 ? `${head}[\n${items.map((one) => `    ${one},`).join('\n')}\n  ],` : line
}
const changing = Object.values(document.paths)
  .flatMap((item) => Object.values(item))
  .filter((operation) => operation['x-changes']?.length > 0)
  .map((operation) => [operation.operationId, operation['x-changes']])
  .sort(([one], [other]) => (one < other ? -1 : 1))
put(
  'changes.ts',
  `/** Which reads answer otherwise after an operation has succeeded. ${by} */
export const changes = {
${changing.map(([operation, reads]) => list(`  ${operation}: `, reads.map(text))).join('\n')}
} as const
`,
)

const tables = Object.values(document.paths)
  .map((item) => item.get)
  .filter((operation) => operation?.['x-columns'])
  .map((operation) => {
    const sort = operation.parameters.find((one) => one.name === 'sort')
    return [operation.operationId, operation['x-columns'], sort?.schema.enum ?? []]
  })
  .sort(([one], [other]) => (one < other ? -1 : 1))
const column = (one, orders) => {
  const parts = [`key: ${text(one.key)}`, `zh: ${text(one.zh)}`, `en: ${text(one.en)}`]
  return `    { ${parts.join(', ')}, sorts: ${orders.includes(one.key)} },`
}
put(
  'columns.ts',
  `/** The columns of each list that is a table, and whether it can be ordered by them. ${by} */
export const columns = {
${tables.map(([id, all, orders]) => `  ${id}: [\n${all.map((one) => column(one, orders)).join('\n')}\n  ],`).join('\n')}
} as const
`,
)
