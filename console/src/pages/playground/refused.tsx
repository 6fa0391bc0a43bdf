import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { CallError } from '../../api/call.ts'
import { Said } from '../../patterns/failure.tsx'
import { lasting } from '../../patterns/figures.ts'
import type { Answer } from './answer.ts'
import { waitMs } from './headers.ts'

type RefusedProps = { answer: Answer; error: CallError; projectId: string | null }

/** Why a call was refused or broke off, until when that is so, and what can be done. */
export function Refused({ answer, error, projectId }: RefusedProps) {
  const wait = error.status === 429 ? waitMs(answer.headers) : null
  return (
    <div className="stack">
      <Said error={error} />
      {wait !== null && <Ends at={answer.at + wait} />}
      {error.status === 429 && projectId !== null && (
        <p className="play-hint">
          <Link to="/projects/$projectId/limits" params={{ projectId }}>
            Rate limits of the project
          </Link>{' '}
          ·{' '}
          <Link to="/projects/$projectId/spend" params={{ projectId }}>
            Its spend
          </Link>
        </p>
      )}
    </div>
  )
}

/** Counts down to a moment. The seconds are not read out, the end is. @param at as `Date.now()` has it */
function Ends({ at }: { at: number }) {
  const [now, tick] = useState(Date.now())
  const isOver = now >= at
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(() => tick(Date.now()), 500)
    return () => clearInterval(timer)
  }, [isOver])
  return isOver ? (
    <p role="status">The limit lets a call in again.</p>
  ) : (
    <p role="timer">
      The limit lets a call in again in <b className="figure">{lasting(at - now)}</b>.
    </p>
  )
}
