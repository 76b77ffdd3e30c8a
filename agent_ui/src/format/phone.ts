import type { PhoneNumber } from '@/api/types'

/** `+8613800006021` as people here read it: `138 0000 6021`; landlines keep their 0. Others stay in E.164. */
export function national(e164: string): string {
  const mobile = /^\+86(1\d{2})(\d{4})(\d{4})$/.exec(e164)
  if (mobile) return `${mobile[1]} ${mobile[2]} ${mobile[3]}`
  const landline = /^\+86(991|10|2\d|[3-9]\d{2})(\d{7,8})$/.exec(e164)
  return landline ? `0${landline[1]}-${landline[2]}` : e164
}

/** The text to show, or null when the number is withheld. Full only when the service gave it. */
export function shown(number: PhoneNumber): string | null {
  if (number.full) return national(number.full)
  return number.withheld ? null : number.masked
}

/** What was typed, as E.164 when it can be one of ours; else null. Own city code 991. */
export function toE164(typed: string): string | null {
  const text = typed.replace(/[\s\-()（）]/g, '').replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
  if (/^\+\d{8,15}$/.test(text)) return text
  if (/^(0086)?1\d{10}$/.test(text)) return `+86${text.replace(/^0086/, '')}`
  if (/^0[1-9]\d{8,11}$/.test(text)) return `+86${text.slice(1)}`
  if (/^[2-8]\d{6}$/.test(text)) return `+86991${text}`
  return null
}
