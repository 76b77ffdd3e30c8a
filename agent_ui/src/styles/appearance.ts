import { reactive } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORED = 'callcenter.theme'
const STORED_TYPE = 'callcenter.type'
const system = window.matchMedia?.('(prefers-color-scheme: dark)')

function asked(): Theme {
  const inAddress = new URLSearchParams(location.search).get('theme')
  const stored = inAddress ?? localStorage.getItem(STORED)
  return THEMES.find((name) => name === stored) ?? 'system'
}

export const appearance = reactive({ theme: asked(), large: localStorage.getItem(STORED_TYPE) === 'large' })

/** Put theme and type size on the page. `?theme=dark` in the address holds for this visit. */
export function applyAppearance(): void {
  const dark = appearance.theme === 'dark' || (appearance.theme === 'system' && Boolean(system?.matches))
  document.documentElement.classList.toggle('dark', dark)
  document.documentElement.classList.toggle('type-large', appearance.large)
}

export function setTheme(theme: Theme): void {
  appearance.theme = theme
  localStorage.setItem(STORED, theme)
  applyAppearance()
}

export function setTypeLarge(large: boolean): void {
  appearance.large = large
  localStorage.setItem(STORED_TYPE, large ? 'large' : 'plain')
  applyAppearance()
}

system?.addEventListener('change', applyAppearance)
