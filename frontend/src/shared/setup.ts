import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import type { App } from 'vue'
import type { Router } from 'vue-router'
import { useRooms } from './i18n'
import type { RoomTexts } from './i18n'
import { notify } from './notify'
import { queryClient } from './query'
import { vCan } from './session'
import './styles/tokens.css'
import './styles/base.css'

/** What both faces plug in, before their router; resolves when the frame can speak. */
export function setUp(app: App, texts: RoomTexts): Promise<void> {
  app.use(createPinia())
  app.use(VueQueryPlugin, { queryClient })
  app.directive('can', vCan)
  app.config.errorHandler = (thrown) => {
    notify.problem(thrown)
    // The console keeps the whole of it for whoever helps.
    setTimeout(() => {
      throw thrown
    })
  }
  return useRooms(texts)
}

/** Shows the first page when it is whole; until then the bar and the lines of the HTML stand there. */
export async function begin(app: App, router: Router, ready: Promise<void>): Promise<void> {
  app.use(router)
  await Promise.all([ready, router.isReady()]).catch(notify.problem)
  app.mount('#app')
}
