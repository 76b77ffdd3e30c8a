import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'

import type { BrowserMessage } from '@/realtime/messages'
import { parse } from '@/realtime/messages'
import { HANDLERS, handle } from '@/realtime/handlers'
import { useConnection } from '@/stores/connection'
import { useDesk } from '@/stores/desk'
import { useTasks } from '@/stores/tasks'

import { call, desk, figures, NOW, pop, presence, task } from './samples'

describe('the table of messages', () => {
  let sent: BrowserMessage[]
  let stopped: boolean
  const reply = { send: (message: BrowserMessage) => void sent.push(message), stop: () => { stopped = true } }

  beforeEach(() => {
    setActivePinia(createPinia())
    sent = []
    stopped = false
    handle({ type: 'snapshot', desk: desk() }, reply)
  })

  it('has one entry for every message of the contract', () => {
    expect(Object.keys(HANDLERS).sort()).toEqual([
      'call', 'current', 'error', 'figures', 'heartbeat', 'no_seat', 'order', 'pop', 'pop_withdrawn', 'presence', 'replaced', 'snapshot', 'tasks',
    ])
  })

  it('takes the snapshot as the whole truth, tasks included', () => {
    handle({ type: 'snapshot', desk: desk({ position: 3, tasks: [task()], presence: presence({ state: 'paused' }) }) }, reply)
    expect(useDesk().position).toBe(3)
    expect(useDesk().presence.state).toBe('paused')
    expect(useTasks().all.map((one) => one.id)).toEqual(['t1'])
  })

  it('acknowledges a pop at once and shows it', () => {
    handle({ type: 'pop', position: 11, pop: pop() }, reply)
    expect(sent).toEqual([{ type: 'pop_seen', pop_id: 'p1' }])
    expect(useDesk().phase).toBe('ringing')
  })

  it('acknowledges a pop that came with the snapshot', () => {
    handle({ type: 'snapshot', desk: desk({ pop: pop({ id: 'p7' }) }) }, reply)
    expect(sent).toEqual([{ type: 'pop_seen', pop_id: 'p7' }])
  })

  it('takes a repeated pop, whatever its position, but not one that was withdrawn', () => {
    handle({ type: 'pop', position: 0, pop: pop() }, reply)
    expect(useDesk().pop?.id).toBe('p1')
    handle({ type: 'pop_withdrawn', position: 12, pop_id: 'p1', cause: 'caller_gone' }, reply)
    handle({ type: 'pop', position: 0, pop: pop() }, reply)
    expect(useDesk().pop).toBeNull()
    expect(useDesk().withdrawn).toBe('caller_gone')
    expect(useDesk().position).toBe(12)
  })

  it('drops what is older than what it knows', () => {
    handle({ type: 'presence', position: 20, presence: presence({ state: 'talking' }) }, reply)
    handle({ type: 'presence', position: 15, presence: presence({ state: 'ready' }) }, reply)
    expect(useDesk().presence.state).toBe('talking')
  })

  it('lets the call take the place of its pop, and the end lead to the result', () => {
    handle({ type: 'pop', position: 11, pop: pop() }, reply)
    handle({ type: 'call', position: 12, call: call() }, reply)
    expect(useDesk().phase).toBe('talking')
    const ended = { at: NOW, by: 'caller' as const, talk_seconds: 60, hold_seconds: 0 }
    handle({ type: 'presence', position: 12, presence: presence({ state: 'talking' }) }, reply)
    handle({ type: 'call', position: 13, call: call({ state: 'ended', ended }) }, reply)
    expect(useDesk().phase).toBe('wrap_up')
    handle({ type: 'presence', position: 14, presence: presence({ state: 'wrap_up' }) }, reply)
    expect(useDesk().phase).toBe('wrap_up')
    handle({ type: 'presence', position: 15, presence: presence() }, reply)
    expect(useDesk().phase).toBe('idle')
  })

  it('changes figures and tasks in place', () => {
    handle({ type: 'figures', as_of: NOW, figures: figures({ my_answered_today: 7 }) }, reply)
    handle({ type: 'figures', as_of: NOW, figures: { waiting: 3 } }, reply)
    handle({ type: 'tasks', position: 14, tasks: [task({ id: 'a' }), task({ id: 'b', state: 'done' })] }, reply)
    expect(useDesk().figures).toMatchObject({ waiting: 3, my_answered_today: 7 })
    expect(useTasks().open.map((one) => one.id)).toEqual(['a'])
  })

  it('stops when another tab took over', () => {
    handle({ type: 'replaced' }, reply)
    expect(stopped).toBe(true)
    expect(useConnection().replaced).toBe(true)
  })

  it('lives through messages it does not know', () => {
    handle({ type: 'constructor' } as never, reply)
    expect(parse('not json')).toBeNull()
    expect(parse('[1]')).toBeNull()
    expect(parse('{"type":"heartbeat","as_of":"x"}')).toEqual({ type: 'heartbeat', as_of: 'x' })
  })
})
