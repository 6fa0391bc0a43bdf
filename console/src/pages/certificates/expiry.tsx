import { lasting } from '../../patterns/figures.ts'
import { Time } from '../../patterns/time.tsx'

/** Seconds: what ends within them is told beforehand. */
const SOON = 30 * 86_400

/** When a certificate expires, marked where that is soon or was. @param at Unix seconds */
export function Expiry({ at }: { at: number }) {
  const left = at - Date.now() / 1000
  return (
    <span className="named wraps">
      <Time at={at} />
      {left <= 0 ? (
        <span className="badge bad">Expired</span>
      ) : (
        left < SOON && <span className="badge warn">In {lasting(left * 1000)}</span>
      )}
    </span>
  )
}
