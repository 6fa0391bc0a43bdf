import { useState } from 'react'
import { useChange, useRead } from '../../api/query.ts'
import { addressed } from '../../patterns/names.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { Sought, useSought } from '../../patterns/sought.tsx'
import { told } from '../../patterns/told.ts'
import { useMay } from '../../session/may.ts'

/** Puts somebody of the organization into a group. */
export function AddToGroup({ groupId, onClose }: { groupId: string; onClose: () => void }) {
  const [name, type] = useSought()
  const [id, choose] = useState<string | null>(null)
  const reads = useMay('api.management.read')
  const users = useRead('GET /v1/organization/users', { query: { name, limit: 50 } }, reads)
  const { mutate, isPending, error } = useChange('POST /v1/organization/groups/:group_id/users', () => {
    told('They are in the group')
    onClose()
  })
  return (
    <Sheet
      {...{ title: 'Add member', opened: true, onClose, action: 'Add member', busy: isPending, error }}
      onSubmit={() => id !== null && mutate({ params: { group_id: groupId }, body: { user_id: id } })}
    >
      <Sought
        label="Who"
        description="Somebody of the organization, by name. Invite others under People."
        required
        withAsterisk={false}
        value={id}
        onChange={choose}
        onSearchChange={type}
        found={(users.data?.data ?? []).map((user) => [user.id, addressed(user)])}
        nothingFoundMessage="Nobody has this name"
        openOnFocus={false}
        comboboxProps={{ withinPortal: false }}
        data-autofocus
      />
    </Sheet>
  )
}
