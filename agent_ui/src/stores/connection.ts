import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { useClock } from './clock'

export const STALE_AFTER_SECONDS = 10

/** How fresh the page is. `quiet`: no word for a moment or the line is down; `stale`: for ten seconds, said in words. */
export const useConnection = defineStore('connection', () => {
  const clock = useClock()
  const linked = ref(false)
  const lastHeard = ref<number | null>(null)
  const replaced = ref(false)

  const silentSeconds = computed(() => (lastHeard.value === null ? 0 : Math.max(0, (clock.now - lastHeard.value) / 1000)))
  const freshness = computed<'live' | 'quiet' | 'stale'>(() => {
    if (lastHeard.value !== null && silentSeconds.value > STALE_AFTER_SECONDS) return 'stale'
    return linked.value ? 'live' : 'quiet'
  })

  function heard(): void {
    clock.tick()
    lastHeard.value = clock.now
  }

  return { linked, lastHeard, replaced, silentSeconds, freshness, heard }
})
