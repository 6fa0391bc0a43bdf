const precise = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

type TimeProps = {
  /** Seconds; null: never. */
  at: number | null | undefined
  never?: string
  as?: 'day' | 'minute' | 'ago'
}

/** A moment in the viewer's own zone; what hovers over it is told it in UTC. */
export function Time({ at, never = 'Never', as = 'day' }: TimeProps) {
  if (at === null || at === undefined) return <span className="muted">{never}</span>
  const date = new Date(at * 1000)
  const text = as === 'ago' ? ago(at) : (as === 'day' ? day : precise).format(date)
  return (
    <time dateTime={date.toISOString()} title={utcOf(at)}>
      {text}
    </time>
  )
}

/** @param at seconds */
export const utcOf = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function ago(at: number): string {
  const seconds = at - Date.now() / 1000
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit)
  }
  return 'just now'
}
