import { createApp } from 'vue'
import { Locale, showToast } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import zhCN from 'vant/es/locale/lang/zh-CN'
import { watchEffect } from 'vue'
import { addFolders, locale } from '@/shared/i18n'
import { setNotifier } from '@/shared/notify'
import { usePreferences } from '@/shared/preferences'
import { setUp } from '@/shared/setup'
import App from './shell/App.vue'
import { makeRouter } from './shell/router'
import './shell/hand.css'

addFolders(import.meta.glob('./*/texts.ts', { eager: true, import: 'default' }))
setNotifier((kind, message) => {
  showToast({ message, duration: kind === 'done' ? 2000 : 5000, wordBreak: 'break-word' })
})
watchEffect(() => Locale.use(locale.value, locale.value === 'en' ? enUS : zhCN))
const app = createApp(App)
setUp(app)
usePreferences().apply(false)
app.use(makeRouter())
app.mount('#app')

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // In-app browsers may refuse the worker; everything works without it.
  window.addEventListener('load', () => {
    navigator.serviceWorker.register('/hand/sw.js', { scope: '/hand/' }).catch(() => undefined)
  })
}
