/** The HTTP and websocket contract, by hand until the backend's OpenAPI document is generated into `generated.ts`.
 * Times are ISO 8601 UTC strings, money is fen. */

export type Iso = string

export interface PhoneNumber {
  masked: string | null
  full: string | null
  withheld: boolean
}

export type Role =
  | 'agent' | 'dispatcher' | 'follow_up' | 'zone_manager' | 'supervisor'
  | 'complaints' | 'franchisee' | 'worker' | 'finance' | 'administrator'

export interface Me {
  id: string
  username: string
  display_name: string
  roles: Role[]
  permissions: string[]
  agent: { number: string; device: string } | null
}

export type PresenceState =
  | 'offline' | 'ready' | 'ringing' | 'talking' | 'hold' | 'wrap_up' | 'paused' | 'lost_phone'

export interface Presence {
  state: PresenceState
  since: Iso
  cause: string
  reason: string | null
  until: Iso | null
  phone: 'registered' | 'unreachable'
}

export interface Figures {
  waiting: number
  longest_wait_since: Iso | null
  ready: number
  signed_in: number
  answered_today: number
  abandoned_today: number
  service_level: { within_seconds: number; good: number; of: number }
  my_answered_today: number
  my_orders_today: number
  my_handle_seconds: number | null
}

export interface Step {
  node: string
  key: string
}

export interface Zone {
  id: string
  name: string
  level?: 'city' | 'district' | 'street' | 'community'
  path: string[]
}

export interface Address {
  id: string
  text: string
  zone: Zone | null
  confirmed: boolean
}

export type ClockName = 'beijing' | 'xinjiang'

export interface Wanted {
  from: Iso
  to: Iso
  clock: ClockName
}

export type OrderState =
  | 'draft' | 'pending_confirm' | 'pending_dispatch' | 'offered' | 'accepted' | 'scheduled' | 'in_service'
  | 'submitted' | 'rework' | 'disputed' | 'closed' | 'cancelled' | 'unfulfilled' | 'merged'

export type Priority = 'P0' | 'P1' | 'P2' | 'P3'

export interface OrderBrief {
  id: string
  number: string
  state: OrderState | Uppercase<OrderState>
  item_name: string | null
  wanted: Wanted | null
  due_at: Iso | null
  priority: Priority | null
  franchisee_name: string | null
  worker_name: string | null
}

export interface PastContact {
  at: Iso
  channel: 'call' | 'sms' | 'order' | 'complaint'
  text: string
  journey_id: string | null
  order_id: string | null
}

export interface CustomerCard {
  id: string
  name: string
  since: Iso
  tier: 'none' | 'silver' | 'gold' | 'diamond'
  note: string | null
  note_at: Iso | null
  contacts: { id: string; name: string }[]
  numbers: { id: string; number: PhoneNumber; label: string }[]
  addresses: Address[]
  totals: { orders: number; amount_fen: number; points: number }
  open_orders: OrderBrief[]
  last_contacts: PastContact[]
}

export interface Caller {
  number: PhoneNumber
  name: string | null
  customer: CustomerCard | null
  candidates: { id: string; name: string }[]
}

export interface Reason {
  order_id: string
  text_key: string
  params: Record<string, unknown>
}

export interface Pop {
  id: string
  journey_id: string
  ringing_at: Iso
  ring_seconds: number
  queue: string
  caller: Caller
  steps: Step[]
  queued_at: Iso | null
  waited_seconds: number | null
  calls_today: number
  reason: Reason | null
}

export type EndedBy = 'caller' | 'agent' | 'system' | 'transfer'

export interface Call {
  journey_id: string
  state: 'talking' | 'hold' | 'ended'
  direction: 'inbound' | 'outbound' | 'internal'
  answered_at: Iso | null
  queue: string | null
  waited_seconds: number | null
  steps: Step[]
  caller: Caller
  recording: boolean
  draft: Record<string, unknown> | null
  draft_saved_at: Iso | null
  ended: { at: Iso; by: EndedBy | null; talk_seconds: number; hold_seconds: number } | null
  order: (OrderBrief & { receipt?: Receipt | null }) | null
  disposition: string | null
}

export type TaskResult = 'reached' | 'not_reached' | 'wrong_number' | 'not_needed'

export interface Task {
  id: string
  kind: 'lost_caller' | 'voicemail'
  due_at: Iso
  created_at: Iso
  state: 'open' | 'claimed' | 'done'
  owner: { id: string; name: string } | null
  number: PhoneNumber
  customer: { id: string; name: string } | null
  journey_id: string
  recording_id: string | null
  lost_at: Iso
  waited_seconds: number | null
  where: 'queue' | 'menu'
  steps: Step[]
  calls_today: number
  open_orders: number
  attempts: { at: Iso; by: string; result: string }[]
  note: string | null
}

export interface LabelledCode {
  code: string
  label_key: string
}

export interface Desk {
  position: number
  as_of: Iso
  line: { number: string; name: string }
  presence: Presence
  pop: Pop | null
  call: Call | null
  tasks: Task[]
  figures: Figures
  dispositions: LabelledCode[]
  pause_reasons: LabelledCode[]
}

export interface CatalogueItem {
  code: string
  name: string
  category: string
  unit: string
  unit_price_fen: number
  minimum_quantity: number
  quantity_step: number
  priority: Priority
  aliases: string[]
}

export interface Quote {
  lines: { kind: 'base' | 'call_out' | 'surcharge' | 'discount'; label: string; quantity_text: string; amount_fen: number }[]
  total_fen: number
  price_book: string
}

export interface ZoneAnswer {
  status: 'found' | 'ambiguous' | 'unknown'
  zone: Zone | null
  candidates: Zone[]
  method: string
  confidence: number
}

export interface WantedAnswer {
  status: 'understood' | 'ambiguous' | 'unknown' | 'past'
  from: Iso | null
  to: Iso | null
  clock: ClockName
  candidates: { from: Iso; to: Iso }[]
}

export type OrderKind = 'help' | 'enquiry' | 'complaint' | 'suggestion' | 'praise'

export interface OrderForm {
  journey_id: string | null
  kind: OrderKind
  customer_id: string | null
  customer_name: string
  contact_name: string
  contact_number: string
  item_code: string | null
  quantity: number | null
  address_text: string
  zone_id: string | null
  wanted: Wanted | null
  remarks: string
  price_agreed: boolean
  quoted_total_fen: number | null
  priority: Priority | null
}

export type MissingPart = 'item' | 'address' | 'zone' | 'wanted' | 'contact_number' | 'price_agreed'

export interface Receipt {
  state: 'queued' | 'sent' | 'failed' | 'not_possible'
  to: PhoneNumber
}

export interface Order extends OrderBrief {
  address_text: string
  zone: Zone | null
  contact_name: string
  contact_number: PhoneNumber
  remarks: string
  quote: Quote | null
  created_at: Iso
  created_by: string
  journey_id: string | null
  recording_id: string | null
  receipt: Receipt | null
  history: { at: Iso; from: string | null; to: string; actor: string; reason: string | null }[]
}

/** `order` is null for what is only registered: enquiry, complaint, suggestion, praise. */
export interface Placed {
  order: Order | null
  intake: { id: string; kind: OrderKind; state: string }
}

export interface JourneyRow {
  id: string
  started_at: Iso
  ended_at: Iso | null
  direction: 'inbound' | 'outbound' | 'internal'
  number: PhoneNumber
  customer: { id: string; name: string } | null
  outcome: string | null
  state: string
  queue: string | null
  waited_seconds: number | null
  talk_seconds: number | null
  hold_seconds: number | null
  /** Some of its times are guesses. */
  estimated: boolean
  agents: { number: string; name: string }[]
  order_id: string | null
  disposition: string | null
  recording_id: string | null
}

/** The journey as `callcenter replay --json` prints it. */
export interface Ledger {
  linkedid: string
  direction: 'inbound' | 'outbound' | 'internal'
  dialled: string | null
  started_at: Iso
  ended_at: Iso | null
  outcome: string | null
  ivr_steps: Step[]
  queue_visits: { queue: string; joined_at: Iso; left_at: Iso | null; wait_seconds: number | null; position: number | null; outcome: string | null }[]
  attempts: { agent: string; ringing_at: Iso; ended_at: Iso | null; outcome: string | null }[]
  agent_legs: { agent: string; from: Iso; to: Iso | null; talk_seconds: number; hold_seconds: number }[]
  consults: { agent: string; to: string; seconds: number }[]
  transfers: { kind: 'blind' | 'attended'; by: string; to: string; completed: boolean }[]
  hangup_by: EndedBy | null
  /** Names of the times that are guesses: `ended_at`, `queue_visits.0.left_at`, `agent_legs.1.from`… */
  estimated: string[]
}

export interface JourneyDetails extends JourneyRow {
  note: string | null
  ledger: Ledger
  recordings: { id: string; started_at: Iso; seconds: number | null; state: 'recording' | 'ready' | 'missing' }[]
}

export type HealthLevel = 'good' | 'watch' | 'bad' | 'unknown'

export interface HealthPart {
  name: string
  level: HealthLevel
  code: string
  params: Record<string, unknown>
}

/** What was not as the service believed, and was mended. */
export interface Drift {
  at: Iso
  kind: string
  found_by: string
  journey_id: string | null
  subject: string
}

export interface Health {
  as_of: Iso
  version: string
  level: HealthLevel
  owner: string | null
  browsers: number
  open_journeys: number
  parts: HealthPart[]
  repairs: {
    today?: Record<string, number>
    calls_today?: number
    days: { day: string; kinds: { kind: string; found_by: string; count: number }[] }[]
  }
  drift: Drift[]
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}
