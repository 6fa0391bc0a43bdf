import { Button } from '@mantine/core'
import { useState } from 'react'
import { useChange, useRead } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { NewPasskey } from '../passkey/new-passkey.tsx'
import { type Claim, Enrol } from './enrol.tsx'
import type { WayOut } from './way-out.ts'

/** For who has a password and must have a second factor before anything else: they are not signed in yet. */
export function SetUp({ claim, onDone }: { claim: Claim; onDone: () => void }) {
  const ways = useRead('GET /v1/organization/sign_in', {})
  const app = useChange('POST /v1/organization/sign_in/second_factor')
  const passkey = useChange('POST /v1/organization/sign_in/second_factor/passkeys')
  const [over, noteOver] = useState<Error | null>(null)
  const out: WayOut = {
    word: ways.data?.passkeys ? 'Another way' : 'Back',
    go(why) {
      app.reset()
      passkey.reset()
      noteOver(why)
    },
  }
  if (app.data) return <Enrol setup={app.data} {...{ claim, onDone, out }} />
  if (passkey.data) return <NewPasskey setup={passkey.data} {...{ claim, onDone, out }} />
  const error = app.error ?? passkey.error ?? over
  return (
    <div className="stack">
      <p>
        Everybody here signs in with a second factor besides the password: a code from an authenticator app on your
        phone
        {ways.data?.passkeys ? ', or a passkey' : ''}. Any authenticator app will do.
      </p>
      {error && <Said error={error} />}
      <Button size="sm" loading={app.isPending} onClick={() => app.mutate({ body: claim })} fullWidth>
        Set up an authenticator app
      </Button>
      {ways.data?.passkeys && (
        <Button
          variant="default"
          size="sm"
          loading={passkey.isPending}
          onClick={() => passkey.mutate({ body: claim })}
          fullWidth
        >
          Set up a passkey
        </Button>
      )}
    </div>
  )
}
