import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { queryClient, useChange } from '../api/query.ts'
import { Said } from '../patterns/failure.tsx'
import { Door } from './door.tsx'
import { NewPassword } from './new-password.tsx'

/** Where a link leads that sets a password. Its token stands behind the #, which no browser sends anywhere. */
export function PasswordLink() {
  const navigate = useNavigate()
  const [token] = useState(() => location.hash.slice(1))
  const [password, type] = useState('')
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in/password_link', () => {
    queryClient.clear()
    void navigate({ to: '/', replace: true })
  })
  if (token === '') {
    return <Door title="This link is not complete" lead="Copy all of it, or ask for a new one." />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { token, password } })
  }
  return (
    <Door title="Choose a password" lead="You sign in with it from now on. This link works once.">
      <form className="stack" onSubmit={submit}>
        <NewPassword value={password} onType={type} />
        {error && <Said error={error} />}
        <Button type="submit" size="sm" loading={isPending} fullWidth>
          Set password and sign in
        </Button>
      </form>
    </Door>
  )
}
