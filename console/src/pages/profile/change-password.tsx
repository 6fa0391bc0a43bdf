import { Button, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { told } from '../../patterns/told.ts'
import { ANY_CODE, CodeField } from '../../session/factor/code-field.tsx'
import type { Me } from '../../session/me.ts'
import { NewPassword } from '../../session/new-password.tsx'
import { askedBy } from '../../session/with-password.tsx'

/** A new password, by the one before, and by a code where there is a second factor. */
export function ChangePassword({ me }: { me: Me }) {
  const [before, typeBefore] = useState('')
  const [after, typeAfter] = useState('')
  const [code, typeCode] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/sign_in/password', () => {
    told('The password is changed, and all other sessions have ended')
    typeBefore('')
    typeAfter('')
    typeCode(null)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const who = { email: me.email, organization_id: me.organization.id, password: before }
    const body = { ...who, new_password: after, ...(code !== null && { code }) }
    mutate({ body }, { onError: (refused) => askedBy(refused) && typeCode('') })
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
      {code !== null && <CodeField value={code} onType={typeCode} description={ANY_CODE} />}
      {error && !askedBy(error) && <Said error={error} />}
      <div>
        <Button type="submit" loading={isPending}>
          Change password
        </Button>
      </div>
    </form>
  )
}
