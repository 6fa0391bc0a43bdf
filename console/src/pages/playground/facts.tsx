import { Link } from '@tanstack/react-router'
import { Command } from '../../patterns/command.tsx'
import { figure, lasting } from '../../patterns/figures.ts'
import { UseBar } from '../../patterns/use-bar.tsx'
import { useProject } from '../project/known.ts'
import { headersShown, limitsOf } from './headers.ts'
import { Price } from './price.tsx'
import { curlOf } from './request.ts'
import type { Turn } from './talk.ts'

/** What a call says of itself: how it ended, how long it took, what it used and cost, and what is left of each limit. */
export function Facts({ turn, projectId }: { turn: Turn; projectId: string | null }) {
  const { request, answer } = turn
  const { status, used, firstMs, totalMs, headers } = answer
  const id = headers['x-request-id']
  return (
    <>
      <dl className="call-facts">
        <Fact word="Status">
          {status === null ? (
            <span className="badge bad">No answer</span>
          ) : (
            <span className={`badge ${status < 400 ? 'good' : 'bad'}`}>{status}</span>
          )}
        </Fact>
        {firstMs !== null && <Fact word="First token">{seconds(firstMs)}</Fact>}
        {totalMs !== null && <Fact word="Total time">{seconds(totalMs)}</Fact>}
        {used && (
          <>
            <Fact word="Input">
              {figure(used.input)} tokens{used.cached > 0 && `, ${figure(used.cached)} cached`}
            </Fact>
            <Fact word="Output">{figure(used.output)} tokens</Fact>
            <Fact word="Price">
              <Price model={request.model} used={used} />
            </Fact>
          </>
        )}
        {limitsOf(headers).map(({ counts, maximum, remaining, resetMs }) => (
          <Fact key={counts} word={counts}>
            <UseBar
              label={`${counts}: ${remaining} of ${maximum} are left`}
              used={maximum - remaining}
              maximum={maximum}
            >
              {figure(remaining)} of {figure(maximum)} left
              {resetMs !== null && resetMs > 0 && <span className="apart"> · all in {lasting(resetMs)}</span>}
            </UseBar>
          </Fact>
        ))}
      </dl>
      <details className="call-more">
        <summary>Headers, request ID and the call as curl</summary>
        <div className="stack">
          {id !== undefined && <Command label="Request ID" text={id} />}
          <p className="play-hint">
            {(status ?? 0) >= 500
              ? 'The server’s log has this request ID: ask its operator.'
              : 'The server’s log has the request ID of what failed on its side alone.'}{' '}
            {projectId !== null && status === 200 && <UsageOf projectId={projectId} />}
          </p>
          <dl className="call-headers">
            {headersShown(headers).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <Command label="The call as curl" text={curlOf(request, location.origin)} />
        </div>
      </details>
    </>
  )
}

/** For who may see it: a project's usage is shown to its owners. */
function UsageOf({ projectId }: { projectId: string }) {
  const { project } = useProject(projectId)
  if (!project?.may('api.management.read')) return null
  return (
    <Link to="/projects/$projectId/usage" params={{ projectId }} search={{ days: 1 }}>
      The project’s usage has the call
    </Link>
  )
}

const Fact = ({ word, children }: { word: string; children: React.ReactNode }) => (
  <div>
    <dt>{word}</dt>
    <dd>{children}</dd>
  </div>
)

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`)
