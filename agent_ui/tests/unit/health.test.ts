import { mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'

import type { Health, HealthPart } from '@/api/types'
import HealthParts from '@/components/health/HealthParts.vue'
import { GROUPS, healthLine } from '@/components/health/health-words'
import RepairList from '@/components/health/RepairList.vue'
import { CATALOGUES, LOCALES, setLocale } from '@/messages'

const NOW = '2026-11-23T02:24:31.000Z'
const part = (name: string, level: HealthPart['level'], code: string, params = {}): HealthPart => ({ name, level, code, params })

/** What callcenter/app/health_parts.py can say. */
const CODES: Record<string, string[]> = {
  pbx: ['runs', 'unheard', 'stopped', 'unknown'], link: ['live', 'recovering', 'down', 'pbx_stopped', 'no_owner'],
  menu: ['answers', 'full', 'gone', 'silent', 'unknown'], members: ['fine', 'refused'],
  lag: ['quiet', 'on_time', 'late', 'very_late'], clock: ['right', 'off', 'was_set', 'unknown'],
  sweep: ['paused', 'old', 'done', 'first'], inbox: ['fine', 'full', 'overflowed', 'set_aside', 'unsaved'],
  repairs: ['none', 'some', 'many'], database: ['fine', 'slow', 'away'], outbox: ['fine', 'stuck', 'stopped'],
  timers: ['fine', 'late'], recordings: ['fine', 'missing'],
}

afterEach(() => setLocale('zh-CN'))

describe('the health page', () => {
  it('has a sentence in each language for everything that a part can be', () => {
    for (const locale of LOCALES) {
      for (const [name, codes] of Object.entries(CODES)) {
        for (const code of codes) expect(CATALOGUES[locale], `${locale} ${name}.${code}`).toHaveProperty([`health_page.part.${name}.${code}`])
      }
    }
    expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(CODES).sort())
  })

  it('fills every place of every sentence', () => {
    const params = {
      since: NOW, at: NOW, attempts: 3, refused: 1, seconds: -3600, steps: 1, swept: 2, recovered: 3, calls: 9, most: 500, waiting: 1, overflows: 1,
      aside: 1, unsaved: 1, stuck: 1, overdue_seconds: 300, armed: 2, late_seconds: 60, registered: 4, missing: 1,
    }
    for (const locale of LOCALES) {
      setLocale(locale)
      for (const [name, codes] of Object.entries(CODES)) {
        for (const code of codes) {
          const line = healthLine(part(name, 'watch', code, params), Date.parse(NOW))
          expect(line.sentence + line.remedy, `${locale} ${name}.${code}`).not.toMatch(/[{}]/)
        }
      }
    }
  })

  it('says of a fault what it means and what to do, not by colour alone', () => {
    const parts = [part('pbx', 'bad', 'stopped'), part('clock', 'watch', 'off', { seconds: -3600, steps: 0 }), part('new_part', 'good', 'x')]
    const page = mount(HealthParts, { props: { health: { parts } as unknown as Health, now: Date.parse(NOW) } })
    const row = page.get('[data-part=pbx]')
    expect(row.text()).toContain('故障')
    expect(row.text()).toContain('已停止，打不进也打不出')
    expect(row.text()).toContain('callcenter pbx start')
    expect(page.get('[data-part=clock]').text()).toContain('差 +1:00:00')
  })

  it('links a difference to its call', () => {
    const health = {
      repairs: { days: [{ day: '2026-11-23', kinds: [{ kind: 'journey_ended', found_by: 'sweep', count: 2 }, { kind: 'new_kind', found_by: 'x', count: 1 }] }] },
      drift: [{ at: NOW, kind: 'journey_ended', found_by: 'sweep', journey_id: 'j1', subject: '' }, { at: NOW, kind: 'device_corrected', found_by: 'sweep', journey_id: null, subject: '1001' }],
    } as unknown as Health
    const page = mount(RepairList, { props: { health, now: Date.parse(NOW) }, global: { stubs: { RouterLink: RouterLinkStub } } })
    const [link] = page.findAllComponents(RouterLinkStub)
    expect(link?.props('to')).toEqual({ path: '/calls', query: { call: 'j1' } })
    expect(page.text()).toContain('1001')
    expect(page.text()).toContain('new_kind')
  })
})
