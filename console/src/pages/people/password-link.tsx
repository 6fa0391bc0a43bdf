import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { LinkSheet } from './link-sheet.tsx'

type PasswordLinkProps = { user: Item<'GET /v1/organization/users'>; onClose: () => void }

/** How somebody else comes to a password: their first one, or another where they have lost it. */
export function PasswordLink({ user, onClose }: PasswordLinkProps) {
  const [path, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/users/:user_id/password_link', (link) =>
    keep(link.path),
  )
  return (
    <LinkSheet
      title="A link for a password"
      warning="Whoever has it can sign in as this person."
      {...{ path, onClose, busy: isPending, error }}
      onMake={() => mutate({ params: { user_id: user.id } })}
    >
      <p>
        <b className="typed">{user.email ?? user.name}</b> sets a password by a link, and is signed in. This server
        sends no mail for it: make the link, and send it yourself.
      </p>
      <p className="muted">
        It works once, within a day. The password that they have goes on until then; when they set another one, all of
        their sessions end. Links made before stop working.
      </p>
    </LinkSheet>
  )
}
