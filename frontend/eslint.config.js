import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

const faces = (own, other) => ({
  files: [`src/${own}/**/*.{ts,vue}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [`@/${other}/**`, `**/${other}/**`],
            message: 'The two faces share code through src/shared only.',
          },
          own === 'hand'
            ? { group: ['element-plus', 'element-plus/**'], message: 'Element Plus belongs to the desk.' }
            : { group: ['vant', 'vant/**'], message: 'Vant belongs to the hand.' },
        ],
      },
    ],
  },
})

export default ts.config(
  { ignores: ['dist/**', 'node_modules/**', 'src/api/schema.d.ts', 'src/api/routes.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    rules: {
      'no-console': 'error',
      'no-undef': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-v-html': 'error',
    },
  },
  {
    files: ['src/shared/**/*.{ts,vue}', 'src/api/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@/desk/**', '@/hand/**'], message: 'Shared code knows neither face.' },
            {
              group: ['element-plus', 'element-plus/**', 'vant', 'vant/**'],
              message: 'Shared code carries no widget set.',
            },
          ],
        },
      ],
    },
  },
  faces('desk', 'hand'),
  faces('hand', 'desk'),
  { files: ['scripts/**', '*.config.*', 'build/**'], languageOptions: { globals: globals.node } },
  prettier,
)
