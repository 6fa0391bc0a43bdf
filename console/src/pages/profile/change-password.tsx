import { Button, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/call.ts'
import { useChange } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { told } from '../../patterns/told.ts'
import { useAskedFactor } from '../../session/factor/asked.ts'
import { ShowFactor } from '../../session/factor/show-factor.tsx'
import type { Me } from '../../session/me.ts'
import { isLongEnough, NewPassword } from '../../session/new-password.tsx'
import type { Shown } from '../../session/passkey/browser.ts'

/** A new password, by the one before, and by a code where there is a second factor. */
export function ChangePassword({ me }: { me: Me }) {
  const [before, typeBefore] = useState('')
  const [after, typeAfter] = useState('')
  const factor = useAskedFactor()
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in/password', () => {
    told('The password is changed, and all other sessions have ended')
    typeBefore('')
    typeAfter('')
    factor.forget()
  })
  const said = factor.said(error)
  const who = { email: me.email, organization_id: me.organization.id, password: before }
  const send = (shown: { code?: string; passkey?: Shown }) => {
    mutate({ body: { ...who, new_password: after, ...shown } }, { onError: factor.hear })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(factor.typed)
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
      {factor.isAsked && (
        <ShowFactor
          {...factor.field}
          disabled={before === '' || !isLongEnough(after)}
          ask={() => call('POST /v1/organization/sign_in/passkey', { body: who })}
          onPasskey={(passkey) => send({ passkey })}
        />
      )}
      {said && <Said error={said} />}
      <div>
        <Button type="submit" loading={isPending}>
          Change password
        </Button>
      </div>
    </form>
  )
}
