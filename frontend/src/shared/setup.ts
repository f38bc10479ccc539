import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import type { App } from 'vue'
import { addRoot, i18n } from './i18n'
import { notify } from './notify'
import { queryClient } from './query'
import { vCan } from './session'
import texts from './texts'
import './styles/tokens.css'
import './styles/base.css'

/** What both faces plug in, before their router. */
export function setUp(app: App): void {
  addRoot(texts)
  app.use(createPinia())
  app.use(i18n)
  app.use(VueQueryPlugin, { queryClient })
  app.directive('can', vCan)
  app.config.errorHandler = (thrown) => {
    notify.problem(thrown)
    // The console keeps the whole of it for whoever helps.
    setTimeout(() => {
      throw thrown
    })
  }
}
