import { t } from '@/messages'
import type { Iso } from '@/api/types'

import { dayName, duration, hourMinute } from './time'

export interface Dial {
  step: 'calm' | 'half' | 'near' | 'late'
  percent: number
  text: string
}

/** How far a limit has come: calm < 50 %, half < 80 %, near < 100 %, late. Beyond an hour the text is a clock time. */
export function dial(start: Iso | null, due: Iso, now: number): Dial {
  const left = (Date.parse(due) - now) / 1000
  if (left < 0) return { step: 'late', percent: 100, text: t('sla.late', { time: duration(-left) }) }
  const whole = start ? (Date.parse(due) - Date.parse(start)) / 1000 : Number.NaN
  const percent = whole > 0 ? Math.min(100, Math.max(0, 100 - (left / whole) * 100)) : 0
  const step = percent >= 80 ? 'near' : percent >= 50 ? 'half' : 'calm'
  if (left < 3600) return { step, percent, text: t('sla.left', { time: duration(left) }) }
  const today = dayName(due, now) === t('time.today')
  const clock = hourMinute(due)
  return { step, percent, text: t('sla.before', { time: today ? clock : t('time.day_clock', { day: dayName(due, now), clock }) }) }
}
