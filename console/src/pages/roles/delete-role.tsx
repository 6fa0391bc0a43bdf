import { useChange } from '../../api/query.ts'
import { Danger } from '../../patterns/danger.tsx'
import { Section } from '../../patterns/page.tsx'
import { told } from '../../patterns/told.ts'
import { type Role, rolesOf, type Where } from './where.ts'

type DeleteRoleProps = { where: Where; role: Role; denied: string | null; onDone: () => Promise<void> }

/** The end of a custom role. */
export function DeleteRole({ where, role, denied, onDone }: DeleteRoleProps) {
  const change = useChange(`DELETE ${rolesOf(where)}/:role_id`, async () => {
    told(`Role '${role.name}' is deleted`)
    await onDone()
  })
  return (
    <Section title="Danger zone">
      <Danger
        action="Delete role"
        title="Delete this role"
        words="Whoever holds it, directly or through a group, loses what it gives them."
        loss="Whoever holds it loses what it gives them, at once. This cannot be undone."
        name={role.name}
        denied={denied}
        onConfirm={() => change.mutate({ params: { project_id: where.projectId ?? '', role_id: role.id } })}
        change={change}
      />
    </Section>
  )
}
