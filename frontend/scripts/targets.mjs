// Looks through what was built for whatever the oldest browsers we promise (chrome80, safari14) do not know: syntax and built-ins newer
// than ES2020, and interfaces of the browser. What is found stands in a list below with its reason, or fails.
import { fileURLToPath } from 'node:url'
import compat from 'eslint-plugin-compat'
import es from 'eslint-plugin-es-x'
import { ESLint } from 'eslint'

/** Methods newer than ES2020. Others are called by such names too; these are rarely anything else. */
const methods =
  'at|replaceAll|findLast|findLastIndex|replaceChildren|isWellFormed|toWellFormed|transferToFixedLength|checkVisibility'

/** What may be asked for, since it is asked for with care or stands in src/shared/old.ts. */
const cared = [
  'Object.hasOwn', // src/shared/old.ts
  'document.fullscreenElement', // nothing: the code is shown as large without
  'document.exitFullscreen',
  'navigator.locks', // without, each tab renews by itself
  'navigator.wakeLock', // without, the screen goes dark as it is set to
  'navigator.userAgentData',
  'requestIdleCallback', // else a timeout
  'FinalizationRegistry', // by the scanner, where there is one
  'OffscreenCanvas', // by the scanner, within try
  'createImageBitmap', // by the scanner, within try
]

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const eslint = new ESLint({
  cwd: dist,
  overrideConfigFile: true,
  overrideConfig: [
    es.configs['flat/restrict-to-es2020'],
    {
      plugins: { compat },
      languageOptions: { ecmaVersion: 'latest', sourceType: 'module' },
      settings: { browsers: ['chrome 80', 'safari 14'], polyfills: cared },
      rules: {
        'compat/compat': 'error',
        // compat looks after it.
        'es-x/no-weakrefs': 'off',
        'es-x/no-object-hasown': 'off',
        'no-restricted-syntax': [
          'error',
          {
            selector: `CallExpression[callee.property.name=/^(${methods})$/]`,
            message: 'A method newer than ES2020.',
          },
        ],
      },
    },
  ],
})
const results = await eslint.lintFiles(['assets/*.js', 'hand/*.js'])
const found = results.flatMap(({ filePath, messages }) =>
  messages.map(
    (one) => `${filePath.slice(dist.length)}:${one.line}:${one.column} ${one.ruleId} ${one.message}`,
  ),
)
const said = found.length > 0 ? `\n${found.join('\n')}` : ''
process.stdout.write(`${results.length} files for chrome80 and safari14, ${found.length} faults${said}\n`)
if (results.length < 100 || found.length > 0) process.exitCode = 1
