import { defineStore } from 'pinia'
import { computed, nextTick, ref, watch } from 'vue'

import { api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problem'
import type { MissingPart, Order, Quote } from '@/api/types'

import { useClock } from './clock'
import { useConnection } from './connection'
import { useDesk } from './desk'
import { emptyForm, isBlank, missingParts, restore, toOrderForm, type DraftForm } from './draft-form'
import { forgetLocal, keepLocal, readLocal } from './draft-local'

const SAVE_AFTER = 800

/** The order being taken down in the call at hand, kept on the service as it is typed and in the tab until then. */
export const useDraft = defineStore('draft', () => {
  const desk = useDesk()
  const clock = useClock()
  const connection = useConnection()

  const journeyId = ref<string | null>(null)
  const form = ref<DraftForm>(emptyForm(null))
  const quote = ref<Quote | null>(null)
  const savedAt = ref<string | null>(null)
  const keeping = ref<'idle' | 'waiting' | 'saving' | 'local'>('idle')
  const orders = ref<Order[]>([])
  const sending = ref(false)
  const problem = ref<Problem | null>(null)
  const refusedFor = ref<MissingPart[]>([])
  let timer: number | undefined
  let loading = false

  const total = computed(() => (form.value.item ? quote.value?.total_fen ?? null : null))
  const missing = computed<MissingPart[]>(() => {
    const here = missingParts(form.value, total.value)
    return here.length ? here : refusedFor.value
  })
  const blank = computed(() => isBlank(form.value))
  const lastOrder = computed(() => orders.value.at(-1) ?? null)

  function open(id: string | null): void {
    window.clearTimeout(timer)
    loading = true
    journeyId.value = id
    const call = desk.call
    const local = id ? readLocal(id) : null
    const newer = local && (!call?.draft_saved_at || local.saved_at > call.draft_saved_at)
    form.value = restore(newer ? local.form : call?.draft ?? null, call?.caller ?? null)
    if (call?.order && blank.value && form.value.panel === 'order') form.value.panel = 'saved'
    savedAt.value = call?.draft_saved_at ?? null
    quote.value = null
    orders.value = []
    problem.value = null
    refusedFor.value = []
    keeping.value = newer ? 'local' : 'idle'
    if (newer) schedule(0)
    void nextTick(() => {
      loading = false
    })
  }

  function schedule(delay = SAVE_AFTER): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void keep(), delay)
  }

  async function keep(): Promise<void> {
    const id = journeyId.value
    if (!id) return
    keeping.value = 'saving'
    try {
      const { saved_at } = await api.saveDraft(id, form.value)
      if (id !== journeyId.value) return
      savedAt.value = saved_at
      if (keeping.value === 'saving') {
        keeping.value = 'idle'
        forgetLocal(id)
      }
    } catch {
      if (id === journeyId.value) keeping.value = 'local'
    }
  }

  async function save(): Promise<void> {
    if (sending.value || missing.value.length) return
    sending.value = true
    problem.value = null
    try {
      const body = toOrderForm(form.value, journeyId.value, desk.caller, total.value)
      const { order } = await api.createOrder(body, form.value.key)
      another()
      if (order) {
        orders.value.push(order)
        desk.savedOrder = order.number
      }
      form.value.panel = order ? 'saved' : 'outcome'
    } catch (error) {
      problem.value = asProblem(error)
      const parts = problem.value.params.missing
      if (problem.value.code === 'order_incomplete' && Array.isArray(parts)) refusedFor.value = parts as MissingPart[]
      if (problem.value.code === 'quote_changed' && problem.value.params.quote) quote.value = problem.value.params.quote as Quote
    } finally {
      sending.value = false
    }
  }

  /** A fresh form in the same call. */
  function another(): void {
    const { outcome, outcome_note } = form.value
    form.value = { ...emptyForm(desk.caller), outcome, outcome_note }
    quote.value = null
    problem.value = null
    refusedFor.value = []
  }

  watch(() => desk.call?.journey_id ?? null, (id) => {
    if (id !== journeyId.value) open(id)
  }, { immediate: true })
  watch(form, () => {
    if (loading || !journeyId.value) return
    refusedFor.value = []
    keepLocal(journeyId.value, new Date(clock.now).toISOString(), form.value)
    keeping.value = 'waiting'
    schedule()
  }, { deep: true })
  // When the call ends, its result is asked for first; the draft is one link away.
  watch(() => desk.phase, (phase, before) => {
    if (phase === 'wrap_up' && before === 'talking') form.value.panel = 'outcome'
  })
  watch(() => connection.linked, (linked) => {
    if (linked && keeping.value === 'local') schedule(0)
  })

  return { journeyId, form, quote, total, savedAt, keeping, orders, lastOrder, sending, problem, missing, blank, save, another }
})
