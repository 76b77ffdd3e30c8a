import { describe, expect, it } from 'vitest'

import { isField, match, type KeyPress } from '@/keyboard/map'

const press = (key: string, over: Partial<KeyPress> = {}): KeyPress =>
  ({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, keyCode: 0, ...over })

describe('the keyboard', () => {
  it('ignores everything while an input method composes', () => {
    expect(match(press('Enter', { ctrlKey: true, isComposing: true }), true)).toBeNull()
    expect(match(press('Enter', { ctrlKey: true, keyCode: 229 }), true)).toBeNull()
    expect(match(press('Enter', { ctrlKey: true }), true)?.action).toBe('save')
  })

  it('tells F2 from Shift F2, and both work inside fields', () => {
    expect(match(press('F2'), true)?.action).toBe('answer')
    expect(match(press('F2', { shiftKey: true }), true)?.action).toBe('reject')
  })

  it('leaves single characters and digits to fields', () => {
    expect(match(press('3'), true)).toBeNull()
    expect(match(press('3'), false)).toMatchObject({ action: 'choose', key: '3' })
    expect(match(press('?', { shiftKey: true }), false)?.action).toBe('keys')
    expect(match(press('?', { shiftKey: true }), true)).toBeNull()
  })

  it('finds Alt keys by their place when the layout types another sign', () => {
    expect(match(press('π', { altKey: true, code: 'KeyP' }), true)?.action).toBe('pause')
    expect(match(press('¡', { altKey: true, code: 'Digit1' }), true)?.action).toBe('column_1')
  })

  it('takes no key of the browser', () => {
    expect(['F1', 'F3', 'F5', 'F6', 'F7', 'F10', 'F11', 'F12'].filter((key) => match(press(key), false))).toEqual([])
  })

  it('knows a field from a button', () => {
    const box = document.createElement('input')
    box.type = 'checkbox'
    expect([isField(document.createElement('input')), isField(document.createElement('textarea')), isField(box), isField(document.createElement('button'))])
      .toEqual([true, true, false, false])
  })
})
