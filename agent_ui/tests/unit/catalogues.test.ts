import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { CATALOGUES, hasMessage, locale, pieces, t, word } from '@/messages'
import { KEY_PAGE } from '@/keyboard/map'
import { ORDER_LOOK } from '@/components/order/order-states'

const SOURCE = join(__dirname, '../../src')

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(join(folder, entry.name)) : /\.(vue|ts)$/.test(entry.name) ? [join(folder, entry.name)] : [])
}

describe('the catalogues', () => {
  afterEach(() => {
    locale.value = 'zh-CN'
  })

  it.each(['ug', 'en'] as const)('%s has the same keys as Chinese, none of them empty', (name) => {
    expect(Object.keys(CATALOGUES[name]).sort()).toEqual(Object.keys(CATALOGUES['zh-CN']).sort())
    expect(Object.entries(CATALOGUES[name]).filter(([, text]) => !text.trim())).toEqual([])
  })

  it.each(['ug', 'en'] as const)('%s has the same places to fill', (name) => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()
    const different = Object.keys(CATALOGUES['zh-CN']).filter((key) =>
      places(CATALOGUES[name][key] ?? '').join() !== places(CATALOGUES['zh-CN'][key] ?? '').join())
    expect(different).toEqual([])
  })

  it('has every key that the source names', () => {
    const named = sources(SOURCE).flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      return [...text.matchAll(/\bt\('([\w.-]+)'/g), ...text.matchAll(/\bpath="([\w.]+)"/g)].map((found) => found[1]!)
    })
    expect(named.length).toBeGreaterThan(150)
    expect([...new Set(named)].filter((key) => !hasMessage(key))).toEqual([])
  })

  it('has the words of tables in the code', () => {
    const keys = [
      ...KEY_PAGE.map((row) => `keys.${row.action}`),
      ...Object.keys(ORDER_LOOK).map((state) => `order_state.${state}`),
      ...['offline', 'ready', 'ringing', 'talking', 'hold', 'wrap_up', 'paused', 'lost_phone'].map((state) => `presence.${state}`),
      ...['rework', 'reminder_noted', 'moved_or_cancelled', 'enquiry_answered', 'information_given', 'call_back_agreed', 'out_of_scope', 'wrong_or_silent', 'order', 'not_given'].map((code) => `disposition.${code}`),
      ...['rest', 'meal', 'training', 'meeting', 'other_work', 'rejected'].map((code) => `pause.${code}`),
    ]
    expect(keys.filter((key) => !hasMessage(key))).toEqual([])
  })

  it('fills places, shows unknown codes as they are, and cuts at places', () => {
    expect(t('sla.left', { time: '03:10' })).toBe('剩 03:10')
    expect(word('disposition', 'brand_new')).toBe('brand_new')
    expect(pieces('outcome.left')).toEqual(['还有 ', { name: 'time' }, ' 自动就绪'])
  })
})
