import { Button } from '@mantine/core'
import { useChange, useRead } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { NewPasskey } from '../passkey/new-passkey.tsx'
import { type Claim, Enrol } from './enrol.tsx'

/** For who has a password and must have a second factor before anything else: they are not signed in yet. */
export function SetUp({ claim, onDone }: { claim: Claim; onDone: () => void }) {
  const ways = useRead('GET /v1/organization/sign_in', {})
  const app = useChange('POST /v1/organization/sign_in/second_factor')
  const passkey = useChange('POST /v1/organization/sign_in/second_factor/passkeys')
  if (app.data) return <Enrol setup={app.data} claim={claim} onDone={onDone} />
  if (passkey.data) return <NewPasskey setup={passkey.data} claim={claim} onDone={onDone} />
  const error = app.error ?? passkey.error
  return (
    <div className="stack">
      <p>
        A second factor is asked of everybody here: besides the password, a code from an app on your phone
        {ways.data?.passkeys ? ', or a passkey of this device' : ''}. Any authenticator app will do.
      </p>
      {error && <Said error={error} />}
      <Button size="sm" loading={app.isPending} onClick={() => app.mutate({ body: claim })} fullWidth>
        Set up a second factor
      </Button>
      {ways.data?.passkeys && (
        <Button
          variant="default"
          size="sm"
          loading={passkey.isPending}
          onClick={() => passkey.mutate({ body: claim })}
          fullWidth
        >
          Use a passkey for it
        </Button>
      )}
    </div>
  )
}
