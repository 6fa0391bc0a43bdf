import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { queryClient, useChange, useRead } from '../api/query.ts'
import { Failure, Said } from '../patterns/failure.tsx'
import { placeToReturn } from './back.ts'
import { Door } from './door.tsx'

/** Asks who somebody is, and leads back to the place that they came for. */
export function SignIn() {
  const ways = useRead('GET /v1/organization/sign_in', {})
  if (ways.error) {
    return (
      <Door title="Sign in">
        <Failure error={ways.error} again={() => void ways.refetch()} />
      </Door>
    )
  }
  if (ways.data?.local === false) {
    return <Door title="Sign in" lead="Signing in with a password is turned off on this server. Ask who runs it." />
  }
  return (
    <Door
      title="Sign in"
      lead="To see and change what your organization has on this server."
      foot={
        <>
          First time here, or the password is lost? Whoever runs this server makes a link for you:{' '}
          <code>gatehouse user password-link</code>
        </>
      }
    >
      <WithPassword />
    </Door>
  )
}

function WithPassword() {
  const { next } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const [email, typeEmail] = useState('')
  const [password, typePassword] = useState('')
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in', () => {
    queryClient.clear()
    router.history.replace(placeToReturn(next))
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { email, password } })
  }
  return (
    <form className="stack" onSubmit={submit}>
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
      {error && <Said error={error} />}
      <Button type="submit" size="sm" loading={isPending} fullWidth>
        Sign in
      </Button>
    </form>
  )
}
