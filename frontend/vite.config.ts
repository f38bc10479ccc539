import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'
import { firstPaint } from './build/first-paint.ts'
import { handOnly } from './build/hand-cache.ts'
import { componentStyles } from './build/component-styles.ts'
import { handPages } from './build/hand-dev.ts'
import { vantFont } from './build/vant-font.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const testing = Boolean(process.env['VITEST'])

export default defineConfig({
  plugins: [
    vue(),
    vantFont(root),
    firstPaint(),
    ...(testing
      ? []
      : [
          componentStyles(root),
          handPages(),
          VitePWA({
            strategies: 'generateSW',
            filename: 'hand/sw.js',
            scope: '/hand/',
            injectRegister: false,
            registerType: 'autoUpdate',
            manifest: false,
            includeManifestIcons: false,
            workbox: {
              globPatterns: ['hand/index.html', 'hand/manifest.webmanifest', 'assets/*.{js,css,woff2}'],
              manifestTransforms: [handOnly(path('./dist/'))],
              dontCacheBustURLsMatching: /assets\//,
              inlineWorkboxRuntime: true,
              sourcemap: false,
              modifyURLPrefix: { '': '/' },
              navigateFallback: '/hand/index.html',
              navigateFallbackAllowlist: [/^\/hand(\/|$)/],
              navigateFallbackDenylist: [/^\/api(\/|$)/, /^\/c(\/|$)/],
              cleanupOutdatedCaches: true,
            },
          }),
        ]),
  ],
  resolve: { alias: { '@': path('./src') } },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: 'http://127.0.0.1:8080', changeOrigin: false },
      '/c/': { target: 'http://127.0.0.1:8080', changeOrigin: false },
    },
  },
  optimizeDeps: { include: ['element-plus', 'vant', 'element-plus/es/components/*/style/css'] },
  build: {
    outDir: 'dist',
    manifest: true,
    target: ['chrome80', 'safari14'],
    cssTarget: ['chrome80', 'safari14'],
    modulePreload: { polyfill: true },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { desk: path('./index.html'), hand: path('./hand/index.html') },
      output: {
        codeSplitting: {
          groups: [
            { name: 'scanner', test: /node_modules[\\/](barcode-detector|zxing-wasm)[\\/][^?]*$/ },
            {
              name: 'element',
              test: /node_modules[\\/](element-plus|@element-plus|@floating-ui|async-validator|@popperjs|@vueuse|lodash-es)[\\/].*\.m?js$/,
            },
            // What several pages share comes in a few requests rather than in a dozen of a thousand bytes, half of which are heads.
            { name: 'common', test: /[\\/]src[\\/](shared|api)[\\/]/, minShareCount: 2 },
            { name: 'parts', test: /[\\/]src[\\/]hand[\\/]/, minShareCount: 2 },
            {
              name: 'base',
              priority: 10,
              test: /node_modules[\\/](vue|@vue|vue-router|pinia|@tanstack|dayjs|openapi-fetch)[\\/]/,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'build/**/*.test.ts'],
    setupFiles: ['src/shared/testing/setup.ts'],
    // The day of all other tests, whatever the machine's clock says.
    env: { TEST_CLOCK: process.env['TEST_CLOCK'] || readFileSync(path('../tests/clock'), 'utf8').trim() },
    restoreMocks: true,
    css: false,
  },
})
