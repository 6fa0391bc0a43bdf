import { Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { type Role, rolesOf, useOpenRole, type Where } from './where.ts'

type RoleFormProps = { where: Where; role?: Role; onClose: () => void }

/** What a role is called and what it is for; what it holds is ticked on its page. */
export function RoleForm({ where, role, onClose }: RoleFormProps) {
  const [name, type] = useState(role?.name ?? '')
  const [description, describe] = useState(role?.description ?? '')
  const open = useOpenRole(where)
  const create = useChange(`POST ${rolesOf(where)}`, ({ id, name }) => {
    told(`Role '${name}' is there, and opens nothing yet`)
    void open(id)
  })
  const change = useChange(`POST ${rolesOf(where)}/:role_id`, ({ name }) => {
    told(`The role is '${name}' now`)
    onClose()
  })
  const params = { project_id: where.projectId ?? '', role_id: role?.id ?? '' }
  const body = { role_name: name, description: description.trim() === '' ? null : description }
  const submit = () =>
    role ? change.mutate({ params, body }) : create.mutate({ params, body: { ...body, permissions: [] } })
  return (
    <Sheet
      title={role ? 'Rename role' : 'New role'}
      action={role ? 'Save' : 'Create role'}
      busy={create.isPending || change.isPending}
      error={create.error ?? change.error}
      {...{ opened: true, onClose, onSubmit: submit }}
    >
      <TextInput
        label="Name"
        description={role ? 'Who holds it goes on to.' : 'What it lets somebody do is ticked next, on its page.'}
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        data-autofocus
        autoComplete="off"
      />
      <Textarea
        label="What it is for"
        value={description}
        onChange={(event) => describe(event.currentTarget.value)}
        maxLength={255}
        rows={3}
      />
    </Sheet>
  )
}
