import { defineStore } from 'pinia'
import { ref } from 'vue'

/** The service's time, once a second: every running timer on the page reads this one value. */
export const useClock = defineStore('clock', () => {
  const now = ref(Date.now())
  let ahead = 0
  let timer: number | undefined

  function tick(): void {
    now.value = Date.now() + ahead
  }

  /** Follow the service's clock. A correction under a second is left alone, so that timers do not jump. */
  function follow(asOf: string): void {
    const measured = Date.parse(asOf) - Date.now()
    if (Number.isFinite(measured) && Math.abs(measured - ahead) > 1000) {
      ahead = measured
      tick()
    }
  }

  function start(): void {
    if (timer === undefined) timer = window.setInterval(tick, 1000)
  }

  return { now, follow, start, tick }
})
