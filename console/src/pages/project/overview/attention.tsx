import { Section } from '../../../patterns/page.tsx'
import { AttentionTable } from '../../attention/attention-table.tsx'
import { Well } from '../../attention/well.tsx'
import type { Project } from '../known.ts'
import { ofKeys, ofLimits, ofSpend } from './items.ts'
import type { Overview } from './read.ts'

/** What of this project needs somebody's attention. */
export function ProjectAttention({ project, overview }: { project: Project; overview: Overview }) {
  const { may, keys, limits, spend, rows } = overview
  const asked = [may.keys && keys, may.limits && limits, may.spend && spend].filter((read) => read !== false)
  if (asked.length === 0) return null
  // What could not be read says so in its own place.
  const isThere = asked.every(({ data, error }) => data !== undefined || error !== null)
  const items = [
    ...(spend.data ? ofSpend(project, spend.data) : []),
    ...(rows ? ofLimits(project, rows) : []),
    ...(keys.data ? ofKeys(project, keys.data.data, Date.now() / 1000) : []),
  ]
  const isUnknown = asked.some(({ data, error }) => data === undefined && error !== null)
  const isPart = keys.data?.has_more || limits.data?.has_more
  const critical = items.filter(({ severity }) => severity === 'critical')
  return (
    <Section title="Needs attention">
      {isThere && items.length === 0 ? (
        !isUnknown && (
          <Well>
            {keys.data
              ? 'No limit is near its end, no key expires soon, and every key is used.'
              : 'No limit is near its end.'}
          </Well>
        )
      ) : (
        <AttentionTable items={isThere ? [...new Set([...critical, ...items])] : undefined} isOfProject />
      )}
      {isUnknown && <p className="muted below">Not all could be read now, so that there may be more.</p>}
      {isPart && <p className="muted below">The first hundred keys and models were looked at.</p>}
    </Section>
  )
}
