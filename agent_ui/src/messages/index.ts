import { computed, ref } from 'vue'

import en from './en.json'
import ug from './ug.json'
import zhCN from './zh-CN.json'

export const LOCALES = ['zh-CN', 'ug', 'en'] as const
export type Locale = (typeof LOCALES)[number]
export type Params = Record<string, unknown>

interface Tree {
  [key: string]: string | Tree
}

/** `{a: {b: "x"}}` becomes `{"a.b": "x"}`. */
export function flatten(tree: Tree, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') flat[prefix + key] = value
    else Object.assign(flat, flatten(value, `${prefix}${key}.`))
  }
  return flat
}

export const CATALOGUES: Record<Locale, Record<string, string>> = {
  'zh-CN': flatten(zhCN),
  ug: flatten(ug),
  en: flatten(en),
}

const STORED = 'callcenter.locale'

function firstLocale(): Locale {
  const stored = localStorage.getItem(STORED)
  return LOCALES.find((name) => name === stored) ?? 'zh-CN'
}

export const locale = ref<Locale>(firstLocale())
export const direction = computed(() => (locale.value === 'ug' ? 'rtl' : 'ltr'))

export function setLocale(name: Locale): void {
  locale.value = name
  localStorage.setItem(STORED, name)
}

/** With its places; a missing key shows itself, so that it is seen. */
const template = (key: string): string => CATALOGUES[locale.value][key] ?? CATALOGUES['zh-CN'][key] ?? key

/** The message with `{name}` places filled. */
export function t(key: string, params: Params = {}): string {
  return template(key).replace(/\{(\w+)\}/g, (whole, name: string) => (params[name] === undefined ? whole : String(params[name])))
}

export function hasMessage(key: string): boolean {
  return key in CATALOGUES['zh-CN']
}

/** A message for a code that the service may extend: the code itself when we have no word for it. */
export function word(prefix: string, code: string): string {
  const key = `${prefix}.${code}`
  return hasMessage(key) ? t(key) : code
}

/** The message cut at its places: `["还有 ", {name: "time"}, " 自动就绪"]`. */
export function pieces(key: string): (string | { name: string })[] {
  return template(key).split(/(\{\w+\})/).filter(Boolean).map((piece) =>
    /^\{\w+\}$/.test(piece) ? { name: piece.slice(1, -1) } : piece)
}
