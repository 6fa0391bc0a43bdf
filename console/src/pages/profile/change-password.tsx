import { Button, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { told } from '../../patterns/told.ts'
import type { Me } from '../../session/me.ts'
import { NewPassword } from '../../session/new-password.tsx'

/** A new password, by the one before. */
export function ChangePassword({ me }: { me: Me }) {
  const [before, typeBefore] = useState('')
  const [after, typeAfter] = useState('')
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in/password', () => {
    told('The password is changed, and all other sessions have ended')
    typeBefore('')
    typeAfter('')
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { email: me.email, organization_id: me.organization.id, password: before, new_password: after } })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      {/* For who keeps passwords: whose it is. */}
      <input
        className="hidden"
        type="email"
        autoComplete="username"
        value={me.email}
        readOnly
        tabIndex={-1}
        aria-hidden
      />
      <PasswordInput
        label="Current password"
        value={before}
        onChange={(event) => typeBefore(event.currentTarget.value)}
        autoComplete="current-password"
        required
      />
      <NewPassword value={after} onType={typeAfter} />
      {error && <Said error={error} />}
      <div>
        <Button type="submit" loading={isPending}>
          Change password
        </Button>
      </div>
    </form>
  )
}
