import { Button, Select } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange, useRead } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { straight } from '../../patterns/names.ts'
import { told } from '../../patterns/told.ts'
import { type Holder, heldParams, heldPath } from './holder.ts'
import { beyond, roleIdOf, rolesOf, type Where } from './where.ts'

type GiveRoleProps = {
  holder: Holder
  where: Where
  denied: string | null
  /** The ids of the roles that the holder was given already. */
  has: readonly string[]
}

/** Gives one more role to somebody or to a group. */
export function GiveRole({ holder, where, denied, has }: GiveRoleProps) {
  const [chosen, choose] = useState<string | null>(null)
  const options = useRoleOptions(where, has, denied === null)
  const { mutate, isPending, error } = useChange(`POST ${heldPath(holder.kind, where)}`, ({ role }) => {
    told(`'${holder.name}' has the role '${role.name}'`)
    choose(null)
  })
  if (denied !== null) return <p className="muted">{denied}</p>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen !== null) mutate({ params: heldParams(holder, where), body: { role_id: chosen } })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      <RoleSelect label="Give a role" value={chosen} onChange={choose} options={options} />
      {error && <Said error={error} />}
      <div className="row-end">
        <Button type="submit" disabled={chosen === null} loading={isPending}>
          Give role
        </Button>
      </div>
    </form>
  )
}

type Option = { value: string; label: string; disabled: boolean }

/** The roles that can be given there; those that hold more than one holds oneself cannot. */
export function useRoleOptions(where: Where, has: readonly string[], enabled = true): Option[] {
  const input = { params: { project_id: where.projectId ?? '' }, query: { limit: 1000 } }
  const roles = useRead(`GET ${rolesOf(where)}`, input, enabled)
  return (roles.data?.data ?? [])
    .filter(({ id }) => !has.some((held) => roleIdOf(held) === id))
    .map((role) => ({ value: role.id, label: straight(role.name), disabled: beyond(where, role) !== undefined }))
}

type RoleSelectProps = {
  label: string
  value: string | null
  onChange: (id: string | null) => void
  options: Option[]
  isRequired?: boolean
}

export const RoleSelect = ({ label, value, onChange, options, isRequired = false }: RoleSelectProps) => (
  <Select
    label={label}
    description={
      options.some(({ disabled }) => disabled)
        ? 'Roles that hold more than you do yourself cannot be given.'
        : undefined
    }
    searchable
    required={isRequired}
    withAsterisk={false}
    value={value}
    onChange={onChange}
    data={options}
    nothingFoundMessage="No role has this name"
    openOnFocus={false}
    comboboxProps={{ withinPortal: false }}
  />
)
