import { figure, money } from '../../patterns/figures.ts'
import { Time } from '../../patterns/time.tsx'
import { dimensions } from '../project/limits/row.ts'
import type { Item } from './item.ts'

/** What is the matter, in a line. */
export function Words({ of: item }: { of: Item }) {
  const { kind, used, maximum, since, until } = item
  switch (kind) {
    case 'spend_limit':
      return (
        <>
          {money(used ?? 0)} of {money(maximum ?? 0)} spent this month
          {item.severity === 'critical' && ': calls are refused'}
        </>
      )
    case 'rate_limit':
      return (
        <>
          {figure(used ?? 0)} of {figure(maximum ?? 0)} {countedIn(item)}
        </>
      )
    case 'calls_limited':
      return (
        <>
          Calls were refused for its limit of {countedIn(item)}: {figure(used ?? 0)} in the last hour
        </>
      )
    case 'certificate_expiring':
      return (
        <>
          {item.severity === 'critical' ? 'Expired' : 'Expires'} <Time at={until} as="ago" />
        </>
      )
    case 'key_expiring':
      return (
        <>
          Expires <Time at={until} as="ago" />
        </>
      )
    case 'key_unused':
      return (
        <>
          Not used since <Time at={since} />
        </>
      )
    case 'calls_refused':
      return (
        <>
          {item.error_code ?? 'Refused'}: {figure(used ?? 0)} in the log, last <Time at={until} as="ago" />
        </>
      )
  }
}

const countedIn = ({ dimension }: Item): string =>
  (Object.entries(dimensions).find(([name]) => name === dimension)?.[1] ?? dimension ?? '').toLowerCase()
