import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call } from '../api/call.ts'
import { queryClient, useChange } from '../api/query.ts'
import { Said } from '../patterns/failure.tsx'
import { placeToReturn } from './back.ts'
import { askedBy, useAskedFactor } from './factor/asked.ts'
import { SetUp } from './factor/set-up.tsx'
import { ShowFactor } from './factor/show-factor.tsx'
import type { Shown } from './passkey/browser.ts'

/** An address and a password, and then what is asked for besides. Nobody is signed in before all of it was right. */
export function WithPassword() {
  const { next, organization } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const [email, typeEmail] = useState('')
  const [password, typePassword] = useState('')
  const [mustSetUp, noteSetUp] = useState(false)
  const factor = useAskedFactor()
  const enter = () => {
    queryClient.clear()
    router.history.replace(placeToReturn(next))
  }
  const who = { email, password, ...(organization !== undefined && { organization_id: organization }) }
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in', enter)
  const said = factor.said(error)
  if (mustSetUp) return <SetUp claim={who} onDone={enter} />
  const send = (shown: { code?: string; passkey?: Shown }) => {
    const onError = (refused: Error) => {
      factor.hear(refused)
      if (askedBy(refused) === 'second_factor_setup_required') noteSetUp(true)
    }
    mutate({ body: { ...who, ...shown } }, { onError })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(factor.typed)
  }
  const again = () => {
    factor.forget()
    typePassword('')
  }
  return (
    <form className="stack" onSubmit={submit}>
      {!factor.isAsked ? (
        <>
          <TextInput
            type="email"
            label="Address"
            value={email}
            onChange={(event) => typeEmail(event.currentTarget.value)}
            autoComplete="username"
            required
          />
          <PasswordInput
            label="Password"
            value={password}
            onChange={(event) => typePassword(event.currentTarget.value)}
            autoComplete="current-password"
            required
          />
        </>
      ) : (
        <ShowFactor
          {...factor.field}
          disabled={false}
          ask={() => call('POST /v1/organization/sign_in/passkey', { body: who })}
          onPasskey={(passkey) => send({ passkey })}
        />
      )}
      {said && <Said error={said} />}
      <Button type="submit" size="sm" loading={isPending} fullWidth>
        {factor.isAsked ? 'Confirm' : 'Sign in'}
      </Button>
      {factor.isAsked && (
        <Button variant="subtle" color="gray" onClick={again} fullWidth>
          As somebody else
        </Button>
      )}
    </form>
  )
}
