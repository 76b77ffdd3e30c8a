import 'dayjs/locale/zh-cn'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-button.css'
import 'element-plus/theme-chalk/el-checkbox.css'
import 'element-plus/theme-chalk/el-date-picker.css'
import 'element-plus/theme-chalk/el-date-picker-panel.css'
import 'element-plus/theme-chalk/el-dialog.css'
import 'element-plus/theme-chalk/el-dropdown.css'
import 'element-plus/theme-chalk/el-dropdown-item.css'
import 'element-plus/theme-chalk/el-dropdown-menu.css'
import 'element-plus/theme-chalk/el-input.css'
import 'element-plus/theme-chalk/el-overlay.css'
import 'element-plus/theme-chalk/el-popper.css'
import 'element-plus/theme-chalk/el-scrollbar.css'
import 'element-plus/theme-chalk/el-segmented.css'
import 'element-plus/theme-chalk/el-time-picker.css'
import '@/styles/tokens.css'
import '@/styles/base.css'
import '@/styles/parts.css'
import '@/styles/frame.css'

import { createPinia } from 'pinia'
import { createApp } from 'vue'

import { whenSignedOut } from '@/api/client'
import App from '@/App.vue'
import { router } from '@/router'
import { useSession } from '@/stores/session'
import { applyAppearance } from '@/styles/appearance'

applyAppearance()
const app = createApp(App)
app.use(createPinia())
app.use(router)
whenSignedOut(() => useSession().forget())
app.mount('#app')
