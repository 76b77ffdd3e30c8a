import { describe, expect, it } from 'vitest'

import { money } from '@/format/money'
import { national, shown, toE164 } from '@/format/phone'
import { dial } from '@/format/sla'
import { duration, fromWall, when } from '@/format/time'
import { readBack } from '@/format/wanted'

const NOW = Date.parse('2026-11-23T02:24:31.000Z') // Monday, 10:24:31 in Beijing

describe('wanted time read back', () => {
  it('stores Beijing time and says Xinjiang time beside it', () => {
    expect(readBack('2026-11-24T07:00:00.000Z', '2026-11-24T07:00:00.000Z')).toEqual({
      stored: '11 月 24 日 周二 15:00 北京时间', beside: '新疆时间 13:00',
    })
  })

  it('shows a span, and the day where the clocks stand on different days', () => {
    expect(readBack('2026-11-24T07:00:00.000Z', '2026-11-24T09:00:00.000Z').stored).toBe('11 月 24 日 周二 15:00–17:00 北京时间')
    expect(readBack('2026-11-24T17:00:00.000Z', null)).toEqual({
      stored: '11 月 25 日 周三 01:00 北京时间', beside: '新疆时间 11 月 24 日 23:00',
    })
  })

  it('reads the picker on the clock in use: 17:00 in Xinjiang is 19:00 in Beijing', () => {
    expect(fromWall('2026-11-24T17:00', 'xinjiang')).toBe('2026-11-24T11:00:00.000Z')
    expect(fromWall('2026-11-24T19:00', 'beijing')).toBe('2026-11-24T11:00:00.000Z')
  })
})

describe('times', () => {
  it('writes durations', () => {
    expect([duration(0), duration(92.7), duration(3732), duration(-3), duration(null)]).toEqual(['00:00', '01:32', '1:02:12', '00:00', '–'])
  })

  it('names past moments the nearer the shorter', () => {
    expect(when('2026-11-23T01:46:00.000Z', NOW)).toBe('09:46')
    expect(when('2026-11-21T01:08:00.000Z', NOW)).toBe('周六 09:08')
    expect(when('2026-11-03T01:08:00.000Z', NOW)).toBe('11 月 3 日')
    expect(when('2025-11-03T01:08:00.000Z', NOW)).toBe('2025 年 11 月 3 日')
    expect(when('2026-11-22T15:59:59.000Z', NOW)).toBe('周日 23:59')
  })
})

describe('limits', () => {
  const due = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString()

  it('steps at 50 %, 80 % and the limit', () => {
    const start = (of: number): string => new Date(NOW - of * 1000).toISOString()
    expect(dial(start(480), due(520), NOW).step).toBe('calm')
    expect(dial(start(500), due(500), NOW).step).toBe('half')
    expect(dial(start(800), due(200), NOW)).toMatchObject({ step: 'near', percent: 80, text: '剩 03:20' })
    expect(dial(start(900), due(-140), NOW)).toMatchObject({ step: 'late', text: '超 02:20' })
  })

  it('writes a clock time beyond an hour', () => {
    expect(dial(null, due(4 * 3600), NOW).text).toBe('14:24 前')
    expect(dial(null, due(34 * 3600), NOW).text).toBe('明天 20:24 前')
  })
})

describe('numbers', () => {
  it('shows only what it was given', () => {
    expect(shown({ masked: '138****6021', full: null, withheld: false })).toBe('138****6021')
    expect(shown({ masked: null, full: null, withheld: true })).toBeNull()
    expect(shown({ masked: '138****6021', full: '+8613800006021', withheld: false })).toBe('138 0000 6021')
    expect(national('+869912825555')).toBe('0991-2825555')
    expect(national('+77011234567')).toBe('+77011234567')
  })

  it('reads what people type', () => {
    expect(toE164('138 0000 6021')).toBe('+8613800006021')
    expect(toE164('2825555')).toBe('+869912825555')
    expect(toE164('0991-2825555')).toBe('+869912825555')
    expect(toE164('１３８００００６０２１')).toBe('+8613800006021')
    expect([toE164('138****6021'), toE164('12345'), toE164(''), toE164('caller')]).toEqual([null, null, null, null])
  })
})

describe('money', () => {
  it('has two decimals, a true minus, and can be short', () => {
    expect([money(8550), money(-450), money(386000, true), money(50, true)]).toEqual(['¥85.50', '−¥4.50', '¥3,860', '¥0.50'])
  })
})
