import type { DraftForm } from './draft-form'

/** The tab's own copy of a draft (session storage: gone with the tab, so no household stays behind on a shared machine). */
interface Kept {
  saved_at: string
  form: Record<string, unknown>
}

const name = (journey: string): string => `callcenter.draft.${journey}`

export function keepLocal(journey: string, savedAt: string, form: DraftForm): void {
  try {
    sessionStorage.setItem(name(journey), JSON.stringify({ saved_at: savedAt, form }))
  } catch {
    // Full or forbidden storage: the service's copy is the one that counts.
  }
}

export function readLocal(journey: string): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(name(journey)) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

export function forgetLocal(journey: string): void {
  sessionStorage.removeItem(name(journey))
}
