import type { Caller, PastContact, Step } from '@/api/types'
import { hasMessage, t, word } from '@/messages'

/** The registered name or 未登记: never what the far end calls itself, which can be anybody's name. */
export function callerName(caller: Caller): string {
  return caller.customer?.name ?? t('caller.unregistered')
}

/** The service's word for a household whose name nobody has asked yet. */
const UNNAMED = '未具名'

/** The name by which the caller can be greeted and asked for, or an empty string. */
export function knownName(caller: Caller | null): string {
  const name = caller?.customer?.name ?? ''
  return name === UNNAMED ? '' : name
}

/** What the network showed as a name, when it says something new. Somebody else's words. */
export function networkName(caller: Caller): string | null {
  const name = caller.name?.trim()
  return name && name !== caller.customer?.name && name !== caller.number.full ? name : null
}

/** What came of an earlier contact: the service sends codes, people read words. */
export function contactText(contact: PastContact): string {
  const { channel, text } = contact
  if (channel === 'call') return hasMessage(`disposition.${text}`) ? t(`disposition.${text}`) : word('outcome_of_call', text)
  const order = channel === 'order' ? /^(.*?)\s*\b([A-Za-z_]{4,})$/.exec(text) : null
  const state = order && hasMessage(`order_state.${order[2]!.toLowerCase()}`) ? t(`order_state.${order[2]!.toLowerCase()}`) : null
  return order && state ? [order[1], state].filter(Boolean).join(t('list.comma')) : text
}

export function stepText({ node, key }: Step): string {
  if (key === 'timeout') return t('steps.timeout')
  if (key.startsWith('invalid:')) return t('steps.invalid', { key: key.slice(8) })
  const known = `steps.${node}.${key}`
  return hasMessage(known) ? `${key} ${t(known)}` : key
}

export function stepsText(steps: Step[]): string {
  return steps.map(stepText).join(' → ')
}

export function queueWord(queue: string | null): string {
  return queue ? word('queue', queue) : '–'
}
