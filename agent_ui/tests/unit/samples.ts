import type { Call, Caller, Desk, Figures, Pop, Presence, Task } from '@/api/types'

/** Small valid objects of the contract; each test overrides what it is about. */
export const NOW = '2026-11-23T02:24:31.000Z'

export const caller = (over: Partial<Caller> = {}): Caller => ({
  number: { masked: '138****6021', full: null, withheld: false }, name: null, customer: null, candidates: [], ...over,
})

export const presence = (over: Partial<Presence> = {}): Presence => ({
  state: 'ready', since: NOW, cause: 'signed_in', reason: null, until: null, phone: 'registered', ...over,
})

export const pop = (over: Partial<Pop> = {}): Pop => ({
  id: 'p1', journey_id: 'j1', ringing_at: NOW, ring_seconds: 20, queue: 'hotline-zh', caller: caller(), steps: [],
  queued_at: null, waited_seconds: 3, calls_today: 1, reason: null, ...over,
})

export const call = (over: Partial<Call> = {}): Call => ({
  journey_id: 'j1', state: 'talking', direction: 'inbound', answered_at: NOW, queue: 'hotline-zh', waited_seconds: 3, steps: [],
  caller: caller(), recording: true, draft: null, draft_saved_at: null, ended: null, order: null, disposition: null, ...over,
})

export const figures = (over: Partial<Figures> = {}): Figures => ({
  waiting: 0, longest_wait_since: null, ready: 1, signed_in: 1, answered_today: 0, abandoned_today: 0,
  service_level: { within_seconds: 15, good: 0, of: 0 }, my_answered_today: 0, my_orders_today: 0, my_handle_seconds: null, ...over,
})

export const task = (over: Partial<Task> = {}): Task => ({
  id: 't1', kind: 'lost_caller', recording_id: null, due_at: '2026-11-23T02:54:31.000Z', created_at: NOW, state: 'open', owner: null,
  number: { masked: '139****2276', full: null, withheld: false }, customer: null, journey_id: 'j9', lost_at: NOW, waited_seconds: 40,
  where: 'queue', steps: [], calls_today: 1, open_orders: 0, attempts: [], note: null, ...over,
})

export const desk = (over: Partial<Desk> = {}): Desk => ({
  position: 10, as_of: NOW, line: { number: '96365', name: '家政服务热线' }, presence: presence(), pop: null, call: null, tasks: [],
  figures: figures(), dispositions: [], pause_reasons: [], ...over,
})
