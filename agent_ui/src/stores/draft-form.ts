import { newKey } from '@/api/idempotency'
import type {
  Caller, CatalogueItem, ClockName, MissingPart, OrderForm, OrderKind, Wanted, Zone,
} from '@/api/types'
import { knownName } from '@/format/caller'
import { toE164 } from '@/format/phone'

export const KINDS: OrderKind[] = ['help', 'enquiry', 'complaint', 'suggestion', 'praise']

/** Everything typed during a call, as it is kept on the service and in the tab. */
export interface DraftForm {
  kind: OrderKind
  item: CatalogueItem | null
  quantity: number | null
  address_text: string
  zone: Zone | null
  wanted_text: string
  clock: ClockName
  wanted: Wanted | null
  contact_name: string
  /** `caller`, or what was typed. */
  contact_number: string
  remarks: string
  /** The total that was read out and agreed to; any other total needs reading again. */
  agreed_fen: number | null
  key: string
  panel: 'order' | 'saved' | 'outcome'
  outcome: string | null
  outcome_note: string
}

export function emptyForm(caller: Caller | null): DraftForm {
  return {
    kind: 'help', item: null, quantity: null, address_text: '', zone: null, wanted_text: '', clock: 'beijing', wanted: null,
    contact_name: knownName(caller), contact_number: caller?.number.withheld ? '' : 'caller',
    remarks: '', agreed_fen: null, key: newKey(), panel: 'order', outcome: null, outcome_note: '',
  }
}

/** A kept draft over an empty form: unknown fields of an older or newer page are dropped, missing ones filled. */
export function restore(kept: Record<string, unknown> | null, caller: Caller | null): DraftForm {
  const form = emptyForm(caller)
  if (!kept) return form
  const known = Object.entries(kept).filter(([key, value]) => key in form && value !== undefined)
  return { ...form, ...Object.fromEntries(known) } as DraftForm
}

/** True when nothing worth keeping was entered. */
export function isBlank(form: DraftForm): boolean {
  return !form.item && !form.address_text && !form.wanted_text && !form.wanted && !form.remarks
}

export function missingParts(form: DraftForm, totalFen: number | null): MissingPart[] {
  const missing: MissingPart[] = []
  const help = form.kind === 'help'
  if (help && !form.item) missing.push('item')
  if (help && !form.address_text.trim()) missing.push('address')
  if (help && !form.zone) missing.push('zone')
  if (help && !form.wanted) missing.push('wanted')
  if (form.contact_number !== 'caller' && (help || form.contact_number) && !toE164(form.contact_number)) missing.push('contact_number')
  if (help && (totalFen === null || form.agreed_fen !== totalFen)) missing.push('price_agreed')
  return missing
}

export function toOrderForm(form: DraftForm, journeyId: string | null, caller: Caller | null, totalFen: number | null): OrderForm {
  return {
    journey_id: journeyId,
    kind: form.kind,
    customer_id: caller?.customer?.id ?? null,
    customer_name: knownName(caller) || form.contact_name.trim(),
    contact_name: form.contact_name.trim(),
    contact_number: toE164(form.contact_number) ?? 'caller',
    item_code: form.item?.code ?? null,
    quantity: form.item ? form.quantity ?? form.item.minimum_quantity : null,
    address_text: form.address_text.trim(),
    zone_id: form.zone?.id ?? null,
    wanted: form.wanted,
    remarks: form.remarks.trim(),
    price_agreed: totalFen !== null && form.agreed_fen === totalFen,
    quoted_total_fen: totalFen,
    priority: form.item?.priority ?? null,
  }
}
