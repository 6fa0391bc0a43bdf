import { Link } from '@tanstack/react-router'
import { Failure } from '../../../patterns/failure.tsx'
import { Section } from '../../../patterns/page.tsx'
import type { Project } from '../known.ts'
import { nameOf, type Row } from '../limits/row.ts'
import { Used } from '../limits/used.tsx'
import type { Overview } from './read.ts'

/** So many limits are shown: those of which most is used. */
const SHOWN = 3

/** The rate limits of which most is used now. */
export function Fullest({ project, overview: { limits, rows } }: { project: Project; overview: Overview }) {
  const used = (rows ?? [])
    .filter(({ binding }) => share(binding) > 0)
    .sort((a, b) => share(b.binding) - share(a.binding))
    .slice(0, SHOWN)
  const all = (
    <Link to="/projects/$projectId/limits" params={{ projectId: project.id }}>
      All rate limits
    </Link>
  )
  return (
    <Section title="Rate limits used most" actions={all}>
      {limits.error && !rows ? (
        <Failure error={limits.error} again={() => void limits.refetch()} />
      ) : rows === undefined ? (
        <span className="bone" />
      ) : used.length === 0 ? (
        <p className="muted">
          {rows.some(({ binding }) => binding !== null) ? 'Nothing of any is used now.' : 'No model is limited here.'}
        </p>
      ) : (
        <dl className="facts">
          {used.map((row) => (
            <div key={row.key} className="fact">
              <dt>
                {nameOf(row.model)}, {row.counts.toLowerCase()}
              </dt>
              <dd>
                <Used of={row} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}

const share = (binding: Row['binding']): number =>
  binding === null || binding.used === null || binding.maximum === 0 ? 0 : binding.used / binding.maximum
