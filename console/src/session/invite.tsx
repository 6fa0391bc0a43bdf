import { Button, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { queryClient, useChange, useRead } from '../api/query.ts'
import { Said } from '../patterns/failure.tsx'
import { Door } from './door.tsx'
import { NewPassword } from './new-password.tsx'

/** Where the link of an invite leads: who comes says a name, chooses a password, and is in. */
export function AcceptInvite() {
  const navigate = useNavigate()
  const [token] = useState(() => location.hash.slice(1))
  const [name, typeName] = useState('')
  const [password, typePassword] = useState('')
  const ways = useRead('GET /v1/organization/sign_in', {})
  const isLocal = ways.data?.local !== false
  const { mutate, isPending, error } = useChange('POST /v1/organization/invites/accept', () => {
    queryClient.clear()
    // Without a password nobody is signed in by it: they do that with the provider, next.
    void navigate({ to: isLocal ? '/' : '/sign-in', replace: true })
  })
  if (token === '') {
    return <Door title="This link is not complete" lead="Copy all of it, or ask for a new one." />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { token, name, ...(isLocal && { password }) } })
  }
  return (
    <Door title="Accept your invite" lead="You were invited to an organization on this server.">
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Your name"
          description="As the others see it."
          value={name}
          onChange={(event) => typeName(event.currentTarget.value)}
          maxLength={255}
          autoComplete="name"
          required
        />
        {isLocal && <NewPassword value={password} onType={typePassword} />}
        {error && <Said error={error} />}
        <Button type="submit" size="sm" loading={isPending} fullWidth>
          {isLocal ? 'Accept and sign in' : 'Accept'}
        </Button>
      </form>
    </Door>
  )
}
