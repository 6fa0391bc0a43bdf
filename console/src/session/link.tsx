import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call } from '../api/call.ts'
import { queryClient, useChange, useRead } from '../api/query.ts'
import { Said } from '../patterns/failure.tsx'
import { Door } from './door.tsx'
import { useAskedFactor } from './factor/asked.ts'
import type { Claim } from './factor/enrol.tsx'
import { SetUp } from './factor/set-up.tsx'
import { ShowFactor } from './factor/show-factor.tsx'
import { isLongEnough, NewPassword } from './new-password.tsx'
import type { Shown } from './passkey/browser.ts'

/** Where a link leads that sets a password. Its token stands behind the #, which no browser sends anywhere. */
export function PasswordLink() {
  const navigate = useNavigate()
  const [token] = useState(() => location.hash.slice(1))
  const [password, type] = useState('')
  const factor = useAskedFactor()
  const [claim, keep] = useState<Claim | null>(null)
  const ways = useRead('GET /v1/organization/sign_in', {})
  const enter = () => {
    queryClient.clear()
    void navigate({ to: '/', replace: true })
  }
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in/password_link', (done) => {
    if (done.session === null) keep({ email: done.user.email, organization_id: done.organization_id, password })
    else enter()
  })
  const said = factor.said(error)
  if (claim) {
    return (
      <Door title="Set up a second factor">
        <SetUp claim={claim} onDone={enter} />
      </Door>
    )
  }
  if (token === '') {
    return <Door title="This link is not complete" lead="Copy all of it, or ask for a new one." />
  }
  if (ways.data?.local === false) {
    return (
      <Door
        title="No passwords here"
        lead="Nobody signs in with a password on this server: who runs it has turned that off."
      >
        <Button component="a" href="/sign-in" variant="default" size="sm" fullWidth>
          How to sign in
        </Button>
      </Door>
    )
  }
  const send = (shown: { code?: string; passkey?: Shown }) => {
    mutate({ body: { token, password, ...shown } }, { onError: factor.hear })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(factor.typed)
  }
  return (
    <Door title="Choose a password" lead="You sign in with it from now on. This link works once.">
      <form className="stack" onSubmit={submit}>
        <NewPassword value={password} onType={type} />
        {factor.isAsked && (
          <ShowFactor
            {...factor.field}
            disabled={!isLongEnough(password)}
            ask={() => call('POST /v1/organization/sign_in/password_link/passkey', { body: { token } })}
            onPasskey={(passkey) => send({ passkey })}
          />
        )}
        {said && <Said error={said} />}
        <Button type="submit" size="sm" loading={isPending} fullWidth>
          Set password and sign in
        </Button>
      </form>
    </Door>
  )
}
