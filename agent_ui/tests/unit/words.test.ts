import { describe, expect, it } from 'vitest'

import { contactText, knownName, networkName, stepText } from '@/format/caller'

import type { CustomerCard } from '@/api/types'

import { caller } from './samples'

const contact = (channel: 'call' | 'order' | 'sms', text: string) => contactText({ at: '', channel, text, journey_id: null, order_id: null })

describe('words for what the service sends as codes', () => {
  it('reads results of calls and states of orders', () => {
    expect(contact('call', 'enquiry_answered')).toBe('咨询已答复')
    expect(contact('call', 'abandoned')).toBe('排队放弃')
    expect(contact('order', '暖气片放气 submitted')).toBe('暖气片放气，待回访')
    expect(contact('order', 'Deep clean')).toBe('Deep clean')
    expect(contact('sms', '“师傅 submitted”')).toBe('“师傅 submitted”')
  })

  it('reads keys pressed in the menu', () => {
    expect(stepText({ node: 'main_menu', key: '1' })).toBe('1 预约服务')
    expect(stepText({ node: 'main_menu', key: 'timeout' })).toBe('未按键')
    expect(stepText({ node: 'main_menu', key: 'invalid:9' })).toBe('误按 9')
    expect(stepText({ node: 'later', key: '4' })).toBe('4')
  })

  it('greets nobody as unnamed', () => {
    const household = (name: string) => caller({ customer: { name } as CustomerCard })
    expect([knownName(household('王秀兰')), knownName(household('未具名')), knownName(caller())]).toEqual(['王秀兰', '', ''])
  })

  it('repeats no name that says nothing new', () => {
    expect(networkName(caller({ name: '  ' }))).toBeNull()
    expect(networkName(caller({ name: '张三' }))).toBe('张三')
  })
})
