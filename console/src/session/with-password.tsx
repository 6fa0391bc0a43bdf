import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { CallError, call } from '../api/call.ts'
import { queryClient, useChange } from '../api/query.ts'
import { Said } from '../patterns/failure.tsx'
import { placeToReturn } from './back.ts'
import { SetUp } from './factor/set-up.tsx'
import { ShowFactor } from './factor/show-factor.tsx'
import type { Shown } from './passkey/browser.ts'

/** What the server asks for besides a password that was right. */
type Asked = 'second_factor_required' | 'second_factor_setup_required' | null

/** What a refusal asks for; undefined: it asks for nothing. */
export function askedBy(error: Error): Asked | undefined {
  const code = error instanceof CallError ? error.code : null
  return code === 'second_factor_required' || code === 'second_factor_setup_required' ? code : undefined
}

/** Whether what it asks for can be a passkey. */
export const asksForPasskey = (error: Error | null): boolean =>
  error instanceof CallError && error.code === 'second_factor_required' && error.param === 'passkey'

/** An address and a password, and then what is asked for besides. Nobody is signed in before all of it was right. */
export function WithPassword() {
  const { next, organization } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const [email, typeEmail] = useState('')
  const [password, typePassword] = useState('')
  const [code, typeCode] = useState('')
  const [asked, ask] = useState<Asked>(null)
  const [hasPasskey, notePasskey] = useState(false)
  const enter = () => {
    queryClient.clear()
    router.history.replace(placeToReturn(next))
  }
  const who = { email, password, ...(organization !== undefined && { organization_id: organization }) }
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in', enter)
  if (asked === 'second_factor_setup_required') return <SetUp claim={who} onDone={enter} />
  const send = (shown: { code?: string; passkey?: Shown }) => {
    const onError = (refused: Error) => {
      ask(askedBy(refused) ?? asked)
      if (asksForPasskey(refused)) notePasskey(true)
    }
    mutate({ body: { ...who, ...shown } }, { onError })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(asked === null ? {} : { code })
  }
  const again = () => {
    ask(null)
    notePasskey(false)
    typeCode('')
    typePassword('')
  }
  return (
    <form className="stack" onSubmit={submit}>
      {asked === null ? (
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
          {...{ hasPasskey, code, onType: typeCode, disabled: false }}
          ask={() => call('POST /v1/organization/sign_in/passkey', { body: who })}
          onPasskey={(passkey) => send({ passkey })}
        />
      )}
      {error && askedBy(error) === undefined && <Said error={error} />}
      <Button type="submit" size="sm" loading={isPending} fullWidth>
        {asked === null ? 'Sign in' : 'Confirm'}
      </Button>
      {asked !== null && (
        <Button variant="subtle" color="gray" onClick={again} fullWidth>
          As somebody else
        </Button>
      )}
    </form>
  )
}
