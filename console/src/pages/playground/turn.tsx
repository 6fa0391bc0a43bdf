import { memo } from 'react'
import { Facts } from './facts.tsx'
import { Refused } from './refused.tsx'
import type { Turn } from './talk.ts'

type TurnProps = { turn: Turn /** Where the key is of; null: nobody knows here. */; projectId: string | null }

/**
 * What was asked and what was answered, and what the call says of itself. An answer is a text and nothing else: a model says what
 * it was told to, also by others than who reads it.
 */
export const TurnView = memo(({ turn, projectId }: TurnProps) => {
  const { asked, request, answer } = turn
  const { state, text, finish, error } = answer
  return (
    <article className="turn">
      <h2>You</h2>
      <p className="turn-words" dir="auto">
        {asked}
      </p>
      <h2 className="cut" title={request.model}>
        {request.model}
      </h2>
      <div aria-busy={state === 'running'}>
        {text !== '' && (
          <p className="turn-words" dir="auto">
            {text}
          </p>
        )}
        {state === 'running' && text === '' && <span className="bone" />}
        {state === 'done' && text === '' && <p className="muted">The answer has no text.</p>}
        {state === 'stopped' && <span className="badge warn">Stopped</span>}
        {finish === 'length' && <span className="badge warn">Cut: no more tokens were allowed</span>}
      </div>
      {error && <Refused answer={answer} error={error} projectId={projectId} />}
      {state !== 'running' && <Facts turn={turn} projectId={projectId} />}
    </article>
  )
})
