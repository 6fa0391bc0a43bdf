import { Button } from '@mantine/core'
import { CallError } from '../api/call.ts'
import { straight } from './names.ts'

/** What went wrong, in the server's words, and what the operator finds it by. */
export function Said({ error }: { error: Error }) {
  const id = error instanceof CallError ? error.requestId : null
  return (
    <div className="notice bad" role="alert">
      {straight(error.message)}
      {id !== null && error instanceof CallError && error.status >= 500 && <div className="mono">Request {id}</div>}
    </div>
  )
}

/** In the place of what could not be read. */
export function Failure({ error, again }: { error: Error; again: () => void }) {
  return (
    <div className="failure">
      <Said error={error} />
      <Button variant="default" onClick={again}>
        Try again
      </Button>
    </div>
  )
}
