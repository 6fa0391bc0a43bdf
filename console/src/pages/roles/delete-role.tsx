import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Confirm, Danger } from '../../patterns/confirm.tsx'
import { Section } from '../../patterns/page.tsx'
import { told } from '../../patterns/told.ts'
import { type Role, rolesOf, type Where } from './where.ts'

type DeleteRoleProps = { where: Where; role: Role; denied: string | null; onDone: () => Promise<void> }

/** The end of a custom role. */
export function DeleteRole({ where, role, denied, onDone }: DeleteRoleProps) {
  const [isAsked, ask] = useState(false)
  const { mutate, isPending, error } = useChange(`DELETE ${rolesOf(where)}/:role_id`, async () => {
    told(`Role '${role.name}' is deleted`)
    await onDone()
  })
  return (
    <Section title="Danger zone">
      <Danger
        title="Delete this role"
        words="Whoever holds it, directly or through a group, loses what it gives them."
        action={
          <Act color="red" variant="outline" denied={denied} onClick={() => ask(true)}>
            Delete role…
          </Act>
        }
      />
      <Confirm
        title="Delete this role?"
        words="Whoever holds it loses what it gives them, at once. This cannot be undone."
        name={role.name}
        action="Delete role"
        opened={isAsked}
        onClose={() => ask(false)}
        onConfirm={() => mutate({ params: { project_id: where.projectId ?? '', role_id: role.id } })}
        busy={isPending}
        error={error}
      />
    </Section>
  )
}
