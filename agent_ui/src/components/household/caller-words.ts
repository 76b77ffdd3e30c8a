import type { Caller, Step } from '@/api/types'
import { hasMessage, t, word } from '@/messages'

/** The registered name, else what the far end calls itself (from outside, anything), else 未登记. */
export function callerName(caller: Caller): string {
  return caller.customer?.name ?? (caller.name?.trim() || t('caller.unregistered'))
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
