import type { Ledger, Iso } from '@/api/types'
import { queueWord, stepText } from '@/format/caller'
import type { GlyphName } from '@/components/icon/glyphs'
import { duration } from '@/format/time'
import { t, word } from '@/messages'

export interface LedgerLine {
  at: Iso
  glyph: GlyphName
  tone: '' | 'ok' | 'bad'
  title: string
  text: string
  /** The time shown is a guess. */
  guessed?: boolean
}

/** `PJSIP/1001` and `1001` are the same desk to a reader. */
export const agentNumber = (agent: string): string => (agent === 'duty-phone' ? t('tasks.duty_phone') : agent.replace(/^[A-Za-z]+\//, ''))

const joined = (...parts: string[]): string => parts.filter(Boolean).join(t('list.comma'))

/** Whether one of the times whose names begin so is a guess. */
const guesses = (journey: Ledger, name: string): boolean => (journey.estimated ?? []).some((one) => one.startsWith(name))
const about = (text: string, guessed: boolean): string => (guessed ? `${t('estimated.word')} ${text}` : text)

function visits(journey: Ledger): LedgerLine[] {
  return journey.queue_visits.map((visit, n) => ({
    at: visit.joined_at, guessed: guesses(journey, `queue_visits.${n}.joined_at`), glyph: 'users', tone: visit.outcome === 'answered' ? '' : 'bad',
    title: t('ledger.queue', { queue: queueWord(visit.queue) }),
    text: joined(
      visit.position ? t('ledger.position', { position: visit.position }) : '',
      visit.wait_seconds === null ? '' : about(t('ledger.waited', { time: duration(visit.wait_seconds) }), guesses(journey, `queue_visits.${n}.`)),
      visit.outcome ? word('queue_outcome', visit.outcome) : t('ledger.still'),
    ),
  }))
}

function attempts(journey: Ledger): LedgerLine[] {
  return journey.attempts.map((attempt, n) => ({ attempt, n })).filter(({ attempt }) => attempt.outcome !== 'answered').map(({ attempt, n }) => ({
    at: attempt.ringing_at, guessed: guesses(journey, `attempts.${n}.ringing_at`), glyph: 's-ringing', tone: attempt.outcome === 'cancelled' ? '' : 'bad',
    title: t('ledger.rang', { agent: agentNumber(attempt.agent) }),
    text: attempt.outcome ? word('attempt_outcome', attempt.outcome) : t('ledger.still'),
  }))
}

function legs(journey: Ledger): LedgerLine[] {
  return journey.agent_legs.map((leg, n) => ({
    at: leg.from, guessed: guesses(journey, `agent_legs.${n}.from`), glyph: 'phone', tone: 'ok', title: t('ledger.talked', { agent: agentNumber(leg.agent) }),
    text: joined(
      about(t('party.talked', { time: duration(leg.talk_seconds) }), guesses(journey, `agent_legs.${n}.`)),
      leg.hold_seconds ? t('party.held', { time: duration(leg.hold_seconds) }) : '',
    ),
  }))
}

/** The journey as a reader follows it, oldest first: start, keys, queue, who rang, who talked, the end. */
export function ledgerLines(journey: Ledger): LedgerLine[] {
  const timed = [...visits(journey), ...attempts(journey), ...legs(journey)]
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
  const lines: LedgerLine[] = [{
    at: journey.started_at, guessed: guesses(journey, 'started_at'), glyph: 'phone', tone: '', title: t(`direction.${journey.direction}`),
    text: joined(
      journey.dialled ? t('ledger.dialled', { number: journey.dialled }) : '',
      journey.ivr_steps.length ? t('history.menu', { steps: journey.ivr_steps.map(stepText).join(' → ') }) : '',
    ),
  }, ...timed]
  for (const { kind, by, to, completed } of journey.transfers) {
    lines.push({
      at: journey.ended_at ?? journey.started_at, glyph: 'merge', tone: completed ? '' : 'bad',
      title: t(`ledger.transfer_${kind}`), text: t(completed ? 'ledger.transfer' : 'ledger.transfer_failed', { by: agentNumber(by), to: agentNumber(to) }),
    })
  }
  if (journey.ended_at) {
    lines.push({
      at: journey.ended_at, guessed: guesses(journey, 'ended_at'), glyph: 'hangup', tone: '', title: journey.hangup_by ? t(`ended_by.${journey.hangup_by}`) : t('ledger.ended'), text: '',
    })
  }
  return lines
}
