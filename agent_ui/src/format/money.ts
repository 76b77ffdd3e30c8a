/** Fen to `¥85.50`; a true minus. With `short`, whole yuan lose the zeros and thousands are parted. */
export function money(fen: number, short = false): string {
  const yuan = Math.abs(fen) / 100
  const digits = short && Number.isInteger(yuan) ? 0 : 2
  const text = yuan.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: short })
  return `${fen < 0 ? '−' : ''}¥${text}`
}
