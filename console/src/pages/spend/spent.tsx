import { money } from '../../patterns/figures.ts'
import { Time } from '../../patterns/time.tsx'
import { UseBar } from '../../patterns/use-bar.tsx'
import type { Use, Whose } from './whose.ts'

const names = { project: 'This project', organization: 'All projects of the organization' }

/** What was spent this month, of which limit, and which of the limits ends first. */
export function Spent({ use, whose }: { use: Use | undefined; whose: Whose }) {
  const limits = [...(use?.limits ?? [])].sort((a) => (a.scope === 'project' ? -1 : 1))
  const limited = limits.filter(({ remaining_amount }) => remaining_amount !== null)
  const left = Math.min(...limited.map(({ remaining_amount }) => remaining_amount ?? 0))
  return (
    <dl className="facts">
      {use === undefined && (
        <>
          <dt>{names[whose === 'organization' ? 'organization' : 'project']}</dt>
          <dd>
            <span className="bone" />
          </dd>
        </>
      )}
      {limits.map(({ scope, threshold_amount, spent_amount, remaining_amount }) => (
        <div key={scope} className="fact">
          <dt>{names[scope]}</dt>
          <dd>
            {threshold_amount === null || remaining_amount === null ? (
              <>
                {money(spent_amount)} <span className="muted">spent · no limit of its own</span>
              </>
            ) : (
              <UseBar
                label={`${names[scope]}: ${money(spent_amount)} of ${money(threshold_amount)}`}
                used={spent_amount}
                maximum={threshold_amount}
              >
                {money(spent_amount)} of {money(threshold_amount)} · {money(remaining_amount)} left{' '}
                {remaining_amount === 0 ? (
                  <span className="badge bad">Calls are refused</span>
                ) : (
                  limited.length > 1 && remaining_amount === left && <span className="badge">Binds</span>
                )}
              </UseBar>
            )}
          </dd>
        </div>
      ))}
      {whose !== 'organization' && use && !limits.some(({ scope }) => scope === 'organization') && (
        <div className="fact">
          <dt>{names.organization}</dt>
          <dd className="muted">May have a limit that holds here too. The owners of the organization see it.</dd>
        </div>
      )}
      <div className="fact">
        <dt>Starts anew</dt>
        <dd>{use ? <Time at={use.resets_at} as="minute" /> : <span className="bone" />}</dd>
      </div>
    </dl>
  )
}
