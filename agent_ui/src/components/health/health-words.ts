import type { HealthPart } from '@/api/types'
import { duration, when } from '@/format/time'
import { hasMessage, t } from '@/messages'

export interface HealthLine {
  name: string
  /** What it means. */
  sentence: string
  /** What to do; empty when there is nothing to be done. */
  remedy: string
  /** Figures, with what they are. */
  figure: string
  why: string
}

type Params = HealthPart['params']

const TIMES = ['since', 'at', 'last_sweep_at'] as const
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const shortest = (value: number): string => (value >= 10 ? String(Math.round(value)) : String(Number(value.toFixed(1))))

/** +0:00:03, −1:00:00: the exchange's clock against ours. */
function offset(seconds: number): string {
  const ahead = -seconds
  return `${ahead < 0 ? '−' : '+'}${duration(Math.abs(ahead))}`
}

function readable(params: Params, now: number): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...params }
  for (const key of TIMES) {
    const at = params[key]
    shown[key] = typeof at === 'string' ? when(at, now) : '–'
  }
  shown.offset = offset(number(params.seconds))
  shown.overdue = duration(number(params.overdue_seconds))
  shown.late = duration(number(params.late_seconds))
  return shown
}

interface Percentiles { p50: number; p99: number }

function figureOf({ name, params }: HealthPart): [string, string] {
  if (name === 'lag' && params.came) {
    const came = params.came as Percentiles
    const written = (params.written ?? came) as Percentiles
    const worst = { p50: shortest(Math.max(came.p50, written.p50)), p99: shortest(Math.max(came.p99, written.p99)) }
    return [t('health_page.figure.lag', worst), t('health_page.figure.lag_why')]
  }
  if (name === 'clock' && Math.abs(number(params.seconds)) >= 1) return [offset(number(params.seconds)), '']
  if (name === 'database' && typeof params.milliseconds === 'number') {
    return [t('health_page.figure.milliseconds', { count: shortest(params.milliseconds) }), String(params.engine ?? '')]
  }
  if (name === 'pbx' && params.version) return [t('health_page.figure.version', { version: params.version }), '']
  if (name === 'sweep' && params.sweeps) return [t('health_page.figure.sweeps', { sweeps: params.sweeps, full: params.full }), '']
  return ['', '']
}

/** One part as a reader understands it. */
export function healthLine(part: HealthPart, now: number): HealthLine {
  const key = `health_page.part.${part.name}`
  const shown = readable(part.params, now)
  const [figure, why] = figureOf(part)
  return {
    name: hasMessage(`${key}.name`) ? t(`${key}.name`) : part.name,
    sentence: hasMessage(`${key}.${part.code}`) ? t(`${key}.${part.code}`, shown) : part.code,
    remedy: hasMessage(`${key}.${part.code}_do`) ? t(`${key}.${part.code}_do`, shown) : '',
    figure, why,
  }
}

export const GROUPS = {
  telephone: ['pbx', 'link', 'menu', 'members'],
  news: ['lag', 'clock', 'sweep', 'inbox', 'repairs'],
  records: ['database', 'outbox', 'timers', 'recordings'],
} as const
