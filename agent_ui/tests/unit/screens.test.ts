import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'

import CallControls from '@/components/callbar/CallControls.vue'
import { ledgerLines } from '@/components/calls/ledger-lines'
import HouseholdColumn from '@/components/household/HouseholdColumn.vue'
import QueueStrip from '@/components/frame/QueueStrip.vue'
import RingingPop from '@/components/pop/RingingPop.vue'
import PhoneNumber from '@/components/text/PhoneNumber.vue'
import type { Ledger } from '@/api/types'
import { useConnection } from '@/stores/connection'
import { useDesk } from '@/stores/desk'

import { call, caller, desk, figures, NOW, pop, presence } from './samples'

const HOSTILE = '<img src=x onerror="alert(1)">'

describe('screens', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    useDesk().adopt(desk())
  })

  it('tells a ring as an alert, its caller unregistered whatever name the network shows', () => {
    const shown = mount(RingingPop, { props: { pop: pop({ caller: caller({ name: HOSTILE }) }) } })
    expect(shown.get('[role=alert]').text()).toContain('未登记')
    expect(shown.find('img').exists()).toBe(false)
    expect(shown.text()).toContain(HOSTILE)
  })

  it('shows a masked number isolated left to right, and says when it is withheld', () => {
    const masked = mount(PhoneNumber, { props: { number: { masked: '138****6021', full: null, withheld: false } } })
    expect(masked.get('bdi').attributes('dir')).toBe('ltr')
    expect(masked.text()).toBe('138****6021')
    const withheld = mount(PhoneNumber, { props: { number: { masked: null, full: null, withheld: true } } })
    expect(withheld.text()).toBe('号码未显示')
  })

  it('offers the households that share a number', () => {
    useDesk().setCall(call({ caller: caller({ candidates: [{ id: 'a', name: '王秀兰' }, { id: 'b', name: '李建国' }] }) }))
    const column = mount(HouseholdColumn)
    expect(column.findAll('.choice button').map((button) => button.text())).toEqual(['王秀兰', '李建国'])
  })

  it.each([
    ['offline', ['上线']], ['paused', ['就绪', '下线']], ['ready', ['示忙Alt P', '下线']], ['lost_phone', ['下线']],
  ] as const)('draws in %s only the controls that work', (state, words) => {
    useDesk().setPresence(presence({ state }))
    const bar = mount(CallControls)
    expect(bar.findAll('button').map((button) => button.text())).toEqual(words)
  })

  it('draws answer and reject while it rings, hang-up while talking', async () => {
    const store = useDesk()
    store.setPop(pop())
    const bar = mount(CallControls)
    expect(bar.findAll('button').map((button) => button.text())).toEqual(['拒接Shift F2', '接听F2'])
    store.setCall(call())
    await bar.vm.$nextTick()
    expect(bar.findAll('button').map((button) => button.text())).toEqual(['挂断F9'])
  })

  it('says an empty denominator, and tells when figures have stopped', async () => {
    const connection = useConnection()
    connection.linked = true
    connection.heard()
    useDesk().setFigures(figures(), NOW)
    const strip = mount(QueueStrip)
    expect(strip.text()).toContain('15 秒接通 –')
    expect(strip.text()).toContain('实时')
    connection.linked = false
    await strip.vm.$nextTick()
    expect(strip.text()).toContain('数字停在 10:24:31')
    connection.lastHeard = (connection.lastHeard ?? 0) - 11_000
    await strip.vm.$nextTick()
    expect(strip.get('[role=status]').text()).toContain('与服务断开 00:11，正在重连')
  })
})

describe('the ledger of a call', () => {
  it('is read from the start to the end', () => {
    const at = (second: number): string => new Date(Date.parse(NOW) + second * 1000).toISOString()
    const ledger: Ledger = {
      linkedid: 'a-1.1', direction: 'inbound', dialled: '96365', started_at: at(0), ended_at: at(300), outcome: 'answered',
      ivr_steps: [{ node: 'main_menu', key: '1' }],
      queue_visits: [{ queue: 'hotline-zh', joined_at: at(14), left_at: at(58), wait_seconds: 44, position: 2, outcome: 'answered' }],
      attempts: [
        { agent: 'PJSIP/1003', ringing_at: at(15), ended_at: at(35), outcome: 'no_answer' },
        { agent: 'PJSIP/1007', ringing_at: at(50), ended_at: at(58), outcome: 'answered' },
      ],
      agent_legs: [{ agent: 'PJSIP/1007', from: at(58), to: at(300), talk_seconds: 222, hold_seconds: 20 }],
      consults: [], transfers: [], hangup_by: 'caller', estimated: [],
    }
    expect(ledgerLines(ledger).map((line) => `${line.title}|${line.text}`)).toEqual([
      '来电|拨 96365，菜单 1 预约服务', '进入队列 普通话|排第 2，等 00:44，接起', '振铃 1003|未接', '1007 接听|通话 03:42，保持 00:20', '来电人挂断|',
    ])
    expect(ledgerLines(ledger).some((line) => line.guessed)).toBe(false)
    const guessed = ledgerLines({ ...ledger, estimated: ['agent_legs.0.from', 'ended_at'] })
    expect(guessed.filter((line) => line.guessed).map((line) => line.title)).toEqual(['1007 接听', '来电人挂断'])
    expect(guessed.find((line) => line.title === '1007 接听')?.text).toContain('约 通话 03:42')
    const began = ledgerLines({ ...ledger, estimated: ['started_at', 'attempts.0.ringing_at'] })
    expect(began.filter((line) => line.guessed).map((line) => line.title)).toEqual(['来电', '振铃 1003'])
  })
})
