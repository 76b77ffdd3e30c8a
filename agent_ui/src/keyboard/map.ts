/** The keyboard of the desk as data: what is listened to and what the `?` page shows are this one list. */
export type ActionId =
  | 'answer' | 'reject' | 'hang_up' | 'save' | 'pause' | 'extend' | 'search' | 'choose' | 'column_1' | 'column_2' | 'column_3'
  | 'previous' | 'next' | 'open' | 'keys' | 'escape'

export interface Binding {
  action: ActionId
  key: string
  shift?: boolean
  ctrl?: boolean
  alt?: boolean
  /** Works while typing in a field. */
  inFields: boolean
  /** How it is printed. */
  label: string
}

export const KEY_MAP: Binding[] = [
  { action: 'answer', key: 'F2', inFields: true, label: 'F2' },
  { action: 'reject', key: 'F2', shift: true, inFields: true, label: 'Shift F2' },
  { action: 'hang_up', key: 'F9', inFields: true, label: 'F9' },
  { action: 'save', key: 'Enter', ctrl: true, inFields: true, label: 'Ctrl Enter' },
  { action: 'pause', key: 'p', alt: true, inFields: true, label: 'Alt P' },
  { action: 'extend', key: 'e', alt: true, inFields: true, label: 'Alt E' },
  { action: 'column_1', key: '1', alt: true, inFields: true, label: 'Alt 1' },
  { action: 'column_2', key: '2', alt: true, inFields: true, label: 'Alt 2' },
  { action: 'column_3', key: '3', alt: true, inFields: true, label: 'Alt 3' },
  ...Array.from({ length: 9 }, (_, index): Binding => (
    { action: 'choose', key: String(index + 1), inFields: false, label: String(index + 1) })),
  { action: 'previous', key: 'ArrowUp', inFields: false, label: '↑' },
  { action: 'next', key: 'ArrowDown', inFields: false, label: '↓' },
  { action: 'open', key: 'Enter', inFields: false, label: 'Enter' },
  { action: 'search', key: '/', inFields: false, label: '/' },
  { action: 'keys', key: '?', inFields: false, label: '?' },
  { action: 'escape', key: 'Escape', inFields: true, label: 'Esc' },
]

/** What the `?` page lists, in reading order; the digits are one line. */
export const KEY_PAGE: { action: ActionId; label: string }[] = [
  ...KEY_MAP.filter((binding) => !['choose', 'escape'].includes(binding.action)),
  { action: 'choose' as const, label: '1–9' },
].map(({ action, label }) => ({ action, label }))

export interface KeyPress {
  key: string
  code?: string
  shiftKey: boolean
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
  isComposing: boolean
  keyCode: number
}

function isKey(binding: Binding, press: KeyPress): boolean {
  const wanted = binding.key.toLowerCase()
  if (press.key.toLowerCase() === wanted) return true
  // With Alt some layouts type another sign: the place on the keyboard counts then.
  return Boolean(binding.alt) && (press.code === `Key${wanted.toUpperCase()}` || press.code === `Digit${wanted}`)
}

/** The binding of a key press, or null. Nothing while an input method composes: its Enter must not save. */
export function match(press: KeyPress, inField: boolean): Binding | null {
  if (press.isComposing || press.keyCode === 229 || press.metaKey) return null
  return KEY_MAP.find((binding) =>
    isKey(binding, press)
    && Boolean(binding.ctrl) === press.ctrlKey
    && Boolean(binding.alt) === press.altKey
    && (binding.key === '?' || Boolean(binding.shift) === press.shiftKey)
    && (binding.inFields || !inField)) ?? null
}

export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
      || (target instanceof HTMLInputElement && !/^(checkbox|radio|button)$/.test(target.type)))
}

/** Buttons and links answer Enter and arrows themselves. */
export function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a[href], [role="menuitem"], [role="option"], input') !== null
}
