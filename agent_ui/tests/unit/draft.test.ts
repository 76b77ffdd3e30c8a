import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import { api } from '@/api/client'
import { Problem } from '@/api/problem'
import type { CatalogueItem, Order } from '@/api/types'
import { useDesk } from '@/stores/desk'
import { useDraft } from '@/stores/draft'
import { emptyForm, missingParts, restore, toOrderForm } from '@/stores/draft-form'

import { call, caller, NOW, presence } from './samples'

const item: CatalogueItem = {
  code: 'radiator-leak', name: '暖气漏水维修', category: 'repair', unit: '处', unit_price_fen: 6000, minimum_quantity: 1,
  quantity_step: 1, priority: 'P0', aliases: [],
}

describe('what an order still needs', () => {
  it('names the parts in the order of the form', () => {
    expect(missingParts(emptyForm(caller()), null)).toEqual(['item', 'address', 'zone', 'wanted', 'price_agreed'])
    const withheld = caller({ number: { masked: null, full: null, withheld: true } })
    expect(missingParts(emptyForm(withheld), null)).toContain('contact_number')
  })

  it('asks to read the price again when it is another than was agreed', () => {
    const form = { ...emptyForm(caller()), agreed_fen: 8550 }
    expect(missingParts(form, 8550)).not.toContain('price_agreed')
    expect(missingParts(form, 9000)).toContain('price_agreed')
  })

  it('asks nothing for what becomes no order', () => {
    expect(missingParts({ ...emptyForm(caller()), kind: 'enquiry' }, null)).toEqual([])
  })

  it('sends the caller by word, never a masked number', () => {
    const form = { ...emptyForm(caller()), item, quantity: 2 }
    expect(toOrderForm(form, 'j1', caller(), 8550)).toMatchObject({ contact_number: 'caller', item_code: 'radiator-leak', quantity: 2, price_agreed: false })
    expect(toOrderForm({ ...form, contact_number: '138 0000 6021' }, 'j1', caller(), null).contact_number).toBe('+8613800006021')
  })

  it('restores what it knows of a kept draft and drops the rest', () => {
    const form = restore({ remarks: '小孩', unknown: 1 }, caller())
    expect(form.remarks).toBe('小孩')
    expect(form).not.toHaveProperty('unknown')
    expect(form.kind).toBe('help')
  })
})

describe('the draft of the call', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    sessionStorage.clear()
    setActivePinia(createPinia())
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('comes back from the service after a reload', () => {
    useDesk().setCall(call({ draft: { remarks: '滴水' }, draft_saved_at: NOW }))
    expect(useDraft().form.remarks).toBe('滴水')
  })

  it('prefers what the tab kept later than the service', () => {
    sessionStorage.setItem('callcenter.draft.j1', JSON.stringify({ saved_at: '2026-11-23T02:30:00.000Z', form: { remarks: '更新的' } }))
    vi.spyOn(api, 'saveDraft').mockResolvedValue({ saved_at: NOW })
    useDesk().setCall(call({ draft: { remarks: '旧的' }, draft_saved_at: NOW }))
    expect(useDraft().form.remarks).toBe('更新的')
  })

  it('is sent after a pause of typing, and stays in the tab while the service is away', async () => {
    const save = vi.spyOn(api, 'saveDraft').mockRejectedValueOnce(new Problem('no_connection', 0)).mockResolvedValue({ saved_at: NOW })
    const draft = useDraft()
    useDesk().setCall(call())
    await nextTick()
    await nextTick()
    draft.form.remarks = '客厅'
    await nextTick()
    expect(save).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(800)
    expect(save).toHaveBeenCalledWith('j1', expect.objectContaining({ remarks: '客厅' }))
    expect(draft.keeping).toBe('local')
    expect(sessionStorage.getItem('callcenter.draft.j1')).toContain('客厅')
    draft.form.remarks = '客厅，滴水'
    await nextTick()
    await vi.advanceTimersByTimeAsync(800)
    expect(draft.keeping).toBe('idle')
    expect(sessionStorage.getItem('callcenter.draft.j1')).toBeNull()
  })

  it('keeps the form when saving is refused, and takes the new quote along', async () => {
    const draft = filled()
    const quote = { lines: [], total_fen: 9000, price_book: '2026-11' }
    vi.spyOn(api, 'createOrder').mockRejectedValue(new Problem('quote_changed', 409, { quote }))
    await draft.save()
    expect(draft.form.item?.code).toBe('radiator-leak')
    expect(draft.missing).toEqual(['price_agreed'])
  })

  it('uses one key for one order and another for the next', async () => {
    const draft = filled()
    const create = vi.spyOn(api, 'createOrder').mockRejectedValueOnce(new Problem('no_connection', 0))
      .mockResolvedValue({ order: { id: 'o1', number: '261123015731' } as Order, intake: { id: 'i', kind: 'help', state: 'x' } })
    await draft.save()
    await draft.save()
    const keys = create.mock.calls.map(([, key]) => key)
    expect(keys[0]).toBe(keys[1])
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(draft.form.key).not.toBe(keys[0])
    expect(draft.form.panel).toBe('saved')
    expect(draft.blank).toBe(true)
  })

  it('asks for the result when the call ends', async () => {
    const desk = useDesk()
    const draft = useDraft()
    desk.setCall(call())
    await nextTick()
    desk.setPresence(presence({ state: 'wrap_up' }))
    desk.setCall(call({ state: 'ended' }))
    await nextTick()
    expect(draft.form.panel).toBe('outcome')
  })

  function filled(): ReturnType<typeof useDraft> {
    useDesk().setCall(call())
    const draft = useDraft()
    vi.spyOn(api, 'saveDraft').mockResolvedValue({ saved_at: NOW })
    draft.quote = { lines: [], total_fen: 8550, price_book: '2026-11' }
    Object.assign(draft.form, {
      item, quantity: 1, address_text: '团结东路 318 号', zone: { id: 'z', name: '团结社区', path: [] },
      wanted: { from: NOW, to: NOW, clock: 'beijing' }, agreed_fen: 8550,
    })
    return draft
  }
})
