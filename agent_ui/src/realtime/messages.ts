import type { Call, Desk, Figures, Iso, OrderBrief, Pop, Presence, Receipt, Task } from '@/api/types'

export type ServerMessage =
  | { type: 'snapshot'; desk: Desk }
  | { type: 'current'; position: number }
  | { type: 'pop'; position: number; pop: Pop }
  | { type: 'pop_withdrawn'; position: number; pop_id: string; cause: string }
  | { type: 'presence'; position: number; presence: Presence }
  | { type: 'call'; position: number; call: Call | null }
  | { type: 'tasks'; position: number; tasks: Task[] }
  | { type: 'figures'; as_of: Iso; figures: Partial<Figures> }
  | { type: 'order'; position: number; order: OrderBrief; receipt: Receipt | null }
  | { type: 'heartbeat'; as_of: Iso }
  | { type: 'replaced' }
  | { type: 'no_seat' }
  | { type: 'error'; code: string }

export type ServerMessageType = ServerMessage['type']

export type BrowserMessage =
  | { type: 'hello'; since: number | null; tab: string }
  | { type: 'pop_seen'; pop_id: string }
  | { type: 'alive' }

/** The frame's message, or null when it is not one of ours: a newer service may say more than we know. */
export function parse(frame: unknown): ServerMessage | null {
  if (typeof frame !== 'string') return null
  try {
    const value = JSON.parse(frame) as { type?: unknown }
    return typeof value === 'object' && value !== null && typeof value.type === 'string' ? (value as ServerMessage) : null
  } catch {
    return null
  }
}
