import { t } from '@/messages'
import type { ClockName, Iso } from '@/api/types'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Neither clock knows summer time, so that a fixed offset is exact. */
export const OFFSET: Record<ClockName, number> = { beijing: 8 * HOUR, xinjiang: 6 * HOUR }

export interface WallClock {
  year: number
  month: number
  day: number
  weekday: number
  hour: number
  minute: number
  second: number
}

const two = (value: number): string => String(value).padStart(2, '0')

export function wall(at: Iso | number, clock: ClockName = 'beijing'): WallClock {
  const date = new Date((typeof at === 'number' ? at : Date.parse(at)) + OFFSET[clock])
  return {
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
  }
}

/** `2026-11-24T15:00` on the given wall clock, as UTC. */
export function fromWall(text: string, clock: ClockName): Iso {
  return new Date(Date.parse(`${text.slice(0, 16)}:00.000Z`) - OFFSET[clock]).toISOString()
}

export function hourMinute(at: Iso | number, clock: ClockName = 'beijing'): string {
  const { hour, minute } = wall(at, clock)
  return `${two(hour)}:${two(minute)}`
}

export function hourMinuteSecond(at: Iso | number): string {
  return `${hourMinute(at)}:${two(wall(at).second)}`
}

/** 92 → `01:32`, 3732 → `1:02:12`. Never negative: clocks of two machines may differ by a moment. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`
}

export function secondsBetween(from: Iso | number, to: Iso | number): number {
  const at = (value: Iso | number): number => (typeof value === 'number' ? value : Date.parse(value))
  return (at(to) - at(from)) / 1000
}

function dayNumber(at: Iso | number, clock: ClockName = 'beijing'): number {
  return Math.floor(((typeof at === 'number' ? at : Date.parse(at)) + OFFSET[clock]) / DAY)
}

export function weekday(at: Iso | number, clock: ClockName = 'beijing'): string {
  return t(`time.weekday.${wall(at, clock).weekday}`)
}

export function monthDay(at: Iso | number, clock: ClockName = 'beijing'): string {
  const { month, day } = wall(at, clock)
  return t('time.month_day', { month, day })
}

/** Clock within the day, weekday within the week, else the date (Beijing days). */
export function when(at: Iso, now: number): string {
  const days = dayNumber(now) - dayNumber(at)
  if (days === 0) return hourMinute(at)
  if (days > 0 && days < 7) return t('time.day_clock', { day: weekday(at), clock: hourMinute(at) })
  const { year } = wall(at)
  return year === wall(now).year ? monthDay(at) : t('time.year_month_day', { year, date: monthDay(at) })
}

/** 今天, 明天, a weekday, or the date. */
export function dayName(at: Iso, now: number): string {
  const days = dayNumber(at) - dayNumber(now)
  if (days === 0) return t('time.today')
  if (days === 1) return t('time.tomorrow')
  return Math.abs(days) < 7 ? weekday(at) : monthDay(at)
}
