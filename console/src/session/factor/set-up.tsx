import { Button } from '@mantine/core'
import { useChange } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { type Claim, Enrol } from './enrol.tsx'

/** For who has a password and must have a second factor before anything else: they are not signed in yet. */
export function SetUp({ claim, onDone }: { claim: Claim; onDone: () => void }) {
  const { mutate, data, isPending, error } = useChange('POST /v1/organization/sign_in/second_factor')
  if (data) return <Enrol setup={data} claim={claim} onDone={onDone} />
  return (
    <div className="stack">
      <p>
        A second factor is asked of everybody here: besides the password, a code from an app on your phone. Any
        authenticator app will do.
      </p>
      {error && <Said error={error} />}
      <Button size="sm" loading={isPending} onClick={() => mutate({ body: claim })} fullWidth>
        Set up a second factor
      </Button>
    </div>
  )
}
