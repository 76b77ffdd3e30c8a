import { createRouter, createWebHistory } from 'vue-router'

import { useSession } from '@/stores/session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/sign-in', component: () => import('@/views/SignInView.vue'), meta: { open: true } },
    {
      path: '/',
      component: () => import('@/views/FrameView.vue'),
      children: [
        { path: '', component: () => import('@/views/DeskView.vue'), meta: { agentsOnly: true } },
        { path: 'lost-callers', component: () => import('@/views/LostCallersView.vue') },
        { path: 'calls', component: () => import('@/views/CallsView.vue') },
        { path: 'health', component: () => import('@/views/HealthView.vue'), meta: { needs: 'health.read' } },
      ],
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  try {
    await session.load()
  } catch {
    // The service does not answer: the sign-in page can still be shown and says so when tried.
    return to.meta.open ? true : { path: '/sign-in', query: { next: to.fullPath } }
  }
  if (to.meta.open) return session.me ? '/' : true
  if (!session.me) return { path: '/sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (typeof to.meta.needs === 'string' && !session.may(to.meta.needs)) return '/calls'
  return to.meta.agentsOnly && !session.isAgent ? '/calls' : true
})
