import { Problem, problemFrom } from './problem'
import type {
  CatalogueItem, ClockName, Desk, Health, JourneyDetails, JourneyRow, Me, Order, OrderBrief, OrderForm,
  Page, Placed, Presence, Quote, Task, TaskResult, WantedAnswer, ZoneAnswer,
} from './types'

const ROOT = '/api/v1'

type Query = Record<string, string | number | null | undefined>

interface Options {
  query?: Query
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

let onSignedOut: () => void = () => {}

/** Called once per refusal with `not_signed_in`: the session store sends the page to the sign-in. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

function address(path: string, query: Query = {}): string {
  const filled = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const text = new URLSearchParams(filled.map(([key, value]) => [key, String(value)])).toString()
  return ROOT + path + (text ? `?${text}` : '')
}

async function send<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const { query, body, headers, signal } = options
  let response: Response
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: 'same-origin',
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem('no_connection', 0)
  }
  if (!response.ok) {
    const problem = await problemFrom(response)
    if (problem.code === 'not_signed_in') onSignedOut()
    throw problem
  }
  if (response.status === 204 || response.headers.get('content-length') === '0') return undefined as T
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

const part = encodeURIComponent

export const api = {
  signIn: (username: string, password: string) => send<Me>('POST', '/auth/sign-in', { body: { username, password } }),
  signOut: () => send<void>('POST', '/auth/sign-out', { body: {} }),
  me: () => send<Me>('GET', '/auth/me'),

  desk: () => send<Desk>('GET', '/desk'),
  setPresence: (body: { state: 'ready' | 'paused' | 'offline'; reason?: string; back_minutes?: number }) =>
    send<Presence>('PUT', '/desk/presence', { body }),
  extendWrapUp: () => send<Presence>('POST', '/desk/wrap-up/extend', { body: {} }),
  answer: () => send<void>('POST', '/desk/answer', { body: {} }),
  reject: () => send<void>('POST', '/desk/reject', { body: {} }),
  hangUp: () => send<void>('POST', '/desk/hang-up', { body: {} }),

  saveDraft: (journey: string, form: object) =>
    send<{ saved_at: string }>('PUT', `/journeys/${part(journey)}/draft`, { body: { form } }),
  dispose: (journey: string, code: string, note: string) =>
    send<{ saved_at: string }>('POST', `/journeys/${part(journey)}/disposition`, { body: { code, ...(note ? { note } : {}) } }),
  reveal: (journey: string) => send<{ number: string }>('POST', `/journeys/${part(journey)}/reveal`, { body: {} }),
  chooseCustomer: (journey: string, customer_id: string) =>
    send<void>('PUT', `/journeys/${part(journey)}/customer`, { body: { customer_id } }),

  items: (q: string, signal?: AbortSignal) =>
    send<{ items: CatalogueItem[] }>('GET', '/catalogue/items', { query: { q }, ...(signal ? { signal } : {}) }),
  quote: (body: { item_code: string; quantity: number; customer_id?: string; start?: string; zone_id?: string }) =>
    send<Quote>('POST', '/quotes', { body }),
  resolveZone: (text: string, signal?: AbortSignal) =>
    send<ZoneAnswer>('GET', '/zones/resolve', { query: { text }, ...(signal ? { signal } : {}) }),
  wantedTime: (text: string, clock: ClockName, signal?: AbortSignal) =>
    send<WantedAnswer>('GET', '/wanted-time', { query: { text, clock }, ...(signal ? { signal } : {}) }),

  createOrder: (form: OrderForm, key: string) =>
    send<Placed>('POST', '/work-orders', { body: form, headers: { 'Idempotency-Key': key } }),
  orders: (query: { state?: string; q?: string; cursor?: string }) => send<Page<OrderBrief>>('GET', '/work-orders', { query }),
  order: (id: string) => send<Order>('GET', `/work-orders/${part(id)}`),

  tasks: () => send<{ items: Task[] }>('GET', '/tasks', { query: { state: 'open' } }),
  revealTask: (id: string) => send<{ number: string }>('POST', `/tasks/${part(id)}/reveal`, { body: {} }),
  claimTask: (id: string) => send<Task>('POST', `/tasks/${part(id)}/claim`, { body: {} }),
  closeTask: (id: string, result: TaskResult, note: string) =>
    send<Task>('POST', `/tasks/${part(id)}/close`, { body: { result, ...(note ? { note } : {}) } }),

  journeys: (query: { q?: string; outcome?: string; agent?: string; cursor?: string }) =>
    send<Page<JourneyRow>>('GET', '/journeys', { query }),
  health: () => send<Health>('GET', '/health'),
  journey: (id: string) => send<JourneyDetails>('GET', `/journeys/${part(id)}`),
  recordingAddress: (id: string) => `${ROOT}/recordings/${part(id)}/audio`,
}

