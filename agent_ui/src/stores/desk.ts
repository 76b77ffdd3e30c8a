import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problem'
import type { Call, Caller, Desk, Figures, LabelledCode, OrderBrief, Pop, Presence, Receipt } from '@/api/types'

import { useClock } from './clock'

export type Phase = 'idle' | 'ringing' | 'talking' | 'wrap_up'
type Act = 'answer' | 'reject' | 'hang-up' | 'presence' | 'extend'

/** What the service says about this desk: presence, the ringing caller, the call, figures. Changed only by its answers. */
export const useDesk = defineStore('desk', () => {
  const clock = useClock()
  const loaded = ref(false)
  const position = ref<number | null>(null)
  const line = ref<Desk['line']>({ number: '', name: '' })
  const presence = ref<Presence>({ state: 'offline', since: new Date(0).toISOString(), cause: '', reason: null, until: null, phone: 'registered' })
  const pop = ref<Pop | null>(null)
  const call = ref<Call | null>(null)
  const figures = ref<Figures | null>(null)
  const figuresAsOf = ref<string | null>(null)
  const dispositions = ref<LabelledCode[]>([])
  const pauseReasons = ref<LabelledCode[]>([])
  const withdrawn = ref<string | null>(null)
  const savedOrder = ref<string | null>(null)
  let gone: string | null = null
  let refused: string | null = null
  const receipt = ref<{ order_id: string; receipt: Receipt } | null>(null)
  const busy = ref<Act | null>(null)
  const problem = ref<{ act: Act; problem: Problem } | null>(null)

  const phase = computed<Phase>(() => {
    if (pop.value) return 'ringing'
    if (!call.value) return 'idle'
    if (call.value.state !== 'ended') return 'talking'
    // The end of the call is told a moment before the wrap-up it leads to.
    return ['wrap_up', 'talking', 'hold'].includes(presence.value.state) ? 'wrap_up' : 'idle'
  })
  const caller = computed<Caller | null>(() => pop.value?.caller ?? call.value?.caller ?? null)
  const journeyId = computed(() => pop.value?.journey_id ?? call.value?.journey_id ?? null)

  function adopt(desk: Desk): void {
    clock.follow(desk.as_of)
    position.value = desk.position
    line.value = desk.line
    presence.value = desk.presence
    pop.value = desk.pop
    call.value = desk.call
    figures.value = desk.figures
    figuresAsOf.value = desk.as_of
    dispositions.value = desk.dispositions
    pauseReasons.value = desk.pause_reasons
    loaded.value = true
  }

  function setPresence(next: Presence): void {
    presence.value = next
    if (problem.value?.act !== 'hang-up') problem.value = null
  }

  function setPop(next: Pop): void {
    // A repeated pop may cross its own withdrawal on the way.
    if (next.id === gone) return
    pop.value = next
    savedOrder.value = null
    withdrawn.value = null
    problem.value = null
  }

  function withdrawPop(id: string, cause: string): void {
    gone = id
    if (pop.value?.id !== id) return
    pop.value = null
    withdrawn.value = cause === 'answered' ? null : refused === id ? 'rejected' : cause
  }

  function setCall(next: Call | null): void {
    // The service repeats the call when anything about it changes; what was revealed meanwhile stays in view.
    call.value = next
    if (next) pop.value = pop.value?.journey_id === next.journey_id ? null : pop.value
    problem.value = null
  }

  /** Read the desk anew: where a command changed more than its answer says. */
  async function refresh(): Promise<void> {
    adopt(await api.desk())
  }

  /** The shared figures or the agent's own, whichever changed, laid over what the snapshot said. */
  function setFigures(next: Partial<Figures>, asOf: string): void {
    figures.value = { ...figures.value, ...next } as Figures
    figuresAsOf.value = asOf
  }

  function setOrder(order: OrderBrief, state: Receipt | null): void {
    if (state) receipt.value = { order_id: order.id, receipt: state }
    if (call.value?.order?.id === order.id) call.value = { ...call.value, order }
    const card = caller.value?.customer
    const index = card?.open_orders.findIndex((known) => known.id === order.id) ?? -1
    if (card && index >= 0) card.open_orders[index] = order
    else if (card && call.value?.order?.id === order.id) card.open_orders.unshift(order)
  }

  async function act(name: Act, request: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = name
    problem.value = null
    try {
      await request()
      return true
    } catch (error) {
      problem.value = { act: name, problem: asProblem(error) }
      return false
    } finally {
      busy.value = null
    }
  }

  const answer = () => act('answer', api.answer)
  const reject = () => {
    refused = pop.value?.id ?? null
    return act('reject', api.reject)
  }
  const hangUp = () => act('hang-up', api.hangUp)
  const extend = () => act('extend', async () => setPresence(await api.extendWrapUp()))
  const goTo = (state: 'ready' | 'paused' | 'offline', more: { reason?: string; back_minutes?: number } = {}) =>
    act('presence', async () => setPresence(await api.setPresence({ state, ...more })))

  return {
    loaded, position, line, presence, pop, call, figures, figuresAsOf, dispositions, pauseReasons, withdrawn, savedOrder, receipt, busy, problem,
    phase, caller, journeyId, adopt, setPresence, setPop, withdrawPop, setCall, refresh, setFigures, setOrder,
    answer, reject, hangUp, extend, goTo,
  }
})
