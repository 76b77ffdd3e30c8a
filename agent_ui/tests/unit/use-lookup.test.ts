import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { unanswered, useLookup, type Lookup } from '@/components/order/use-lookup'

let lookup: Lookup<string, string>
let answer: (text: string) => void

function field() {
  return mount(defineComponent({
    setup() {
      lookup = useLookup<string, string>(() => new Promise((resolve) => { answer = resolve }))
      return () => h('div')
    },
  }))
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('a question counts as unanswered from the first key until its answer', async () => {
  const wrapper = field()
  lookup.ask('团结')
  expect(unanswered.value).toBe(1)
  lookup.ask('团结社区')
  expect(unanswered.value).toBe(1)
  vi.advanceTimersByTime(300)
  answer('天山区')
  await flushPromises()
  expect(lookup.answer.value).toBe('天山区')
  expect(unanswered.value).toBe(0)
  wrapper.unmount()
})

test('a field that goes away leaves nothing to wait for', () => {
  const wrapper = field()
  lookup.ask('团结')
  wrapper.unmount()
  expect(unanswered.value).toBe(0)
})
