import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Me } from '@/api/types'

/** Who works here. `me` is undefined until the service was asked, null when nobody is signed in. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null | undefined>(undefined)
  const isAgent = computed(() => Boolean(me.value?.agent))

  const may = (permission: string): boolean => me.value?.permissions.includes(permission) ?? false

  async function load(): Promise<void> {
    if (me.value !== undefined) return
    try {
      me.value = await api.me()
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_signed_in') throw error
      me.value = null
    }
  }

  async function signIn(username: string, password: string): Promise<void> {
    me.value = await api.signIn(username, password)
  }

  async function signOut(): Promise<void> {
    await api.signOut()
    me.value = null
  }

  function forget(): void {
    me.value = null
  }

  return { me, isAgent, may, load, signIn, signOut, forget }
})
