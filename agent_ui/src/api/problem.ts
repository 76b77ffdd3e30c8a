import { hasMessage, t } from '@/messages'

/** A refusal in the words of RFC 9457, or what the browser knows when no answer came (`no_connection`). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly params: Record<string, unknown> = {},
    readonly detail: string | null = null,
  ) {
    super(code)
  }

  /** The sentence a person reads: what happened, what is safe, what to do. */
  get text(): string {
    const key = `errors.${this.code}`
    return hasMessage(key) ? t(key, this.params) : t('errors.unknown', { code: this.code })
  }
}

export async function problemFrom(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {}
  try {
    body = (await response.json()) as Record<string, unknown>
  } catch {
    // A proxy's page or an empty body: the status has to do.
  }
  const code = typeof body.code === 'string' ? body.code : `status_${response.status}`
  const params = { ...body, ...(typeof body.params === 'object' && body.params ? body.params : {}) }
  const detail = typeof body.detail === 'string' ? body.detail : null
  return new Problem(code, response.status, params, detail)
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem('unexpected', 0)
}
