import { t } from '@/messages'
import type { ClockName, Iso, Wanted } from '@/api/types'

import { dayName, hourMinute, monthDay, weekday } from './time'

export interface ReadBack {
  /** `11 月 24 日 周一 15:00 北京时间`: what is stored, always Beijing time. */
  stored: string
  /** `新疆时间 13:00`: what the caller may have meant. */
  beside: string
}

function span(from: Iso, to: Iso | null, clock: ClockName): string {
  const start = hourMinute(from, clock)
  if (!to || to === from) return start
  const end = hourMinute(to, clock)
  return monthDay(from, clock) === monthDay(to, clock) ? `${start}–${end}` : `${start} – ${monthDay(to, clock)} ${end}`
}

export function readBack(from: Iso, to: Iso | null): ReadBack {
  const day = `${monthDay(from)} ${weekday(from)}`
  const otherDay = monthDay(from, 'xinjiang') === monthDay(from) ? '' : `${monthDay(from, 'xinjiang')} `
  return {
    stored: `${day} ${span(from, to, 'beijing')} ${t('clock.beijing')}`,
    beside: `${t('clock.xinjiang')} ${otherDay}${span(from, to, 'xinjiang')}`,
  }
}

/** `今天 15:00`, short, for cards. */
export function wantedBrief(wanted: Wanted, now: number): string {
  return `${dayName(wanted.from, now)} ${span(wanted.from, wanted.to, 'beijing')}`
}
