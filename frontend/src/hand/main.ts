import '@/shared/old'
import { Locale, showToast } from 'vant'
import enUS from 'vant/es/locale/lang/en-US'
import zhCN from 'vant/es/locale/lang/zh-CN'
import { createApp, nextTick, watchEffect } from 'vue'
import { locale } from '@/shared/i18n'
import { setNotifier } from '@/shared/notify'
import { usePreferences } from '@/shared/preferences'
import { allRead } from '@/shared/query'
import { begin, setUp } from '@/shared/setup'
import App from './shell/App.vue'
import { handRouter } from './shell/router'
import { handTexts } from './texts'
import './shell/hand.css'

setNotifier((kind, message) => {
  showToast({ message, duration: kind === 'done' ? 2000 : 5000, wordBreak: 'break-word' })
  // Vant calls it a dialog without a name; it is a message, to be read out and not to be entered.
  void nextTick(() => {
    for (const toast of Array.from(document.querySelectorAll('.van-toast'))) {
      toast.setAttribute('role', 'status')
      toast.removeAttribute('tabindex')
    }
  })
})
watchEffect(() => Locale.use(locale.value, locale.value === 'en' ? enUS : zhCN))
const app = createApp(App)
const ready = setUp(app, handTexts)
usePreferences().apply(false)
const shown = begin(app, handRouter(), ready)

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // In-app browsers may refuse the worker; everything works without it. What it fetches waits until the first page has all it reads.
  const worker = navigator.serviceWorker
  void shown
    .then(allRead)
    .then(() => worker.register('/hand/sw.js', { scope: '/hand/' }).catch(() => undefined))
}
