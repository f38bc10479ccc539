import '@/shared/old'
import { createApp } from 'vue'
import { ElMessage } from 'element-plus'
import { setNotifier } from '@/shared/notify'
import { usePreferences } from '@/shared/preferences'
import { begin, setUp } from '@/shared/setup'
import App from './shell/App.vue'
import { deskRouter } from './shell/router'
import { deskTexts } from './texts'
import './shell/desk.css'

setNotifier((kind, message) => {
  ElMessage({
    type: kind === 'done' ? 'success' : 'error',
    message,
    grouping: true,
    showClose: kind !== 'done',
  })
})
const app = createApp(App)
const ready = setUp(app, deskTexts)
usePreferences().apply(true)
void begin(app, deskRouter(), ready)
