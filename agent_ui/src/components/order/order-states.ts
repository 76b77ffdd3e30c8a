import type { GlyphName } from '@/components/icon/glyphs'
import type { OrderState } from '@/api/types'

/** Hue says whose turn it is, the glyph how far along. */
export const ORDER_LOOK: Record<OrderState, { turn: 'desk' | 'firm' | 'trouble' | 'done' | 'ended'; glyph: GlyphName }> = {
  draft: { turn: 'ended', glyph: 'o-draft' },
  pending_confirm: { turn: 'desk', glyph: 'o-confirm' },
  pending_dispatch: { turn: 'desk', glyph: 'o-dispatch' },
  offered: { turn: 'firm', glyph: 'o-offered' },
  accepted: { turn: 'firm', glyph: 'o-accepted' },
  scheduled: { turn: 'firm', glyph: 'o-scheduled' },
  in_service: { turn: 'firm', glyph: 'o-service' },
  submitted: { turn: 'desk', glyph: 'o-submitted' },
  closed: { turn: 'done', glyph: 'o-closed' },
  rework: { turn: 'trouble', glyph: 'o-rework' },
  disputed: { turn: 'trouble', glyph: 'o-disputed' },
  unfulfilled: { turn: 'trouble', glyph: 'o-unfulfilled' },
  cancelled: { turn: 'ended', glyph: 'o-cancelled' },
  merged: { turn: 'ended', glyph: 'o-merged' },
}

/** The service may write states in capitals, as its documents do. */
export function orderState(state: string): OrderState {
  const small = state.toLowerCase()
  return small in ORDER_LOOK ? small as OrderState : 'draft'
}
