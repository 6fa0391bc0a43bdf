import type { ReactNode } from 'react'

type UseBarProps = {
  /** What is used, for who cannot see the bar. */
  label: string
  used: number
  maximum: number
  /** The figures: the bar says nothing that they do not. */
  children: ReactNode
}

/** How much of something is used: calm, then near its end, then at it. */
export function UseBar({ label, used, maximum, children }: UseBarProps) {
  const share = maximum === 0 ? 1 : Math.min(1, used / maximum)
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : ''
  return (
    <div className="use-bar">
      <progress className={tone} aria-label={label} value={share} max={1} />
      <div className="use-words">{children}</div>
    </div>
  )
}
