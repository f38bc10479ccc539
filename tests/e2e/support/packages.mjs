// The packages of the pages serve the journeys too: nothing is installed twice.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
const require = createRequire(`${root}frontend/package.json`)

export const { chromium } = require('playwright-core')
export const { AxeBuilder } = require('@axe-core/playwright')
/** A package that one of ours depends on. */
export const beneath = (parent) => createRequire(require.resolve(parent))
