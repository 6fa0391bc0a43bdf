import type { Config } from '../../config/settings.ts'
import { type Dialect, dialectOf } from '../../core/upstream-kind.ts'

/** What is known of the fields of each upstream. */
export function dialectsOf(upstreams: Config['upstreams']): ReadonlyMap<string, Dialect> {
  const known = [...upstreams].map(
    ([name, one]) => [name, dialectOf(one.kind, one.extraFields, one.unknownFields)] as const,
  )
  return new Map(known)
}
