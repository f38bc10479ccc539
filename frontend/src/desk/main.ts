import { createApp } from 'vue'
import { ElMessage } from 'element-plus'
import { addFolders } from '@/shared/i18n'
import { setNotifier } from '@/shared/notify'
import { usePreferences } from '@/shared/preferences'
import { setUp } from '@/shared/setup'
import App from './shell/App.vue'
import { deskRouter } from './shell/router'
import './shell/desk.css'

addFolders(import.meta.glob('./*/texts.ts', { eager: true, import: 'default' }))
setNotifier((kind, message) => {
  ElMessage({
    type: kind === 'done' ? 'success' : 'error',
    message,
    grouping: true,
    showClose: kind !== 'done',
  })
})
const app = createApp(App)
setUp(app)
usePreferences().apply(true)
app.use(deskRouter())
app.mount('#app')
