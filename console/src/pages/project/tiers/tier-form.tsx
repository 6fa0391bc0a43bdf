import { Button, Checkbox, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Reply } from '../../../api/operations.ts'
import { useChange } from '../../../api/query.ts'
import { Said } from '../../../patterns/failure.tsx'
import { told } from '../../../patterns/told.ts'
import { useDenied } from '../../../session/may.ts'
import type { Project } from '../known.ts'

type Settings = Reply<'GET /v1/organization/projects/:project_id/service_tier_settings'>
type Optional = Exclude<Settings['enabled_tiers'], 'all'>[number]

const defaults: Record<Settings['default'], string> = { standard: 'Standard', fast: 'Fast', scale: 'Scale' }
const optional: Record<Optional, string> = { flex: 'Flex', fast: 'Fast', ultrafast: 'Ultrafast' }

export function TierForm({ project, settings }: { project: Project; settings: Settings }) {
  const [preset, choose] = useState(settings.default)
  const [enabled, enable] = useState(settings.enabled_tiers)
  const denied = useDenied()
  const isFixed = denied !== null || project.status === 'archived'
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/service_tier_settings',
    () => told('The tiers of the project are changed'),
  )
  const body = { default: preset, enabled_tiers: enabled }
  const isSame = preset === settings.default && `${enabled}` === `${settings.enabled_tiers}`
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ params: { project_id: project.id }, body })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      {denied !== null && <p className="muted">{denied}</p>}
      <NativeSelect
        label="Tier of a call that names none"
        value={preset}
        disabled={isFixed}
        onChange={(event) => choose(event.currentTarget.value as typeof preset)}
        data={Object.entries(defaults).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        label="Tiers that a call may name"
        value={enabled === 'all' ? 'all' : 'some'}
        disabled={isFixed}
        onChange={(event) => enable(event.currentTarget.value === 'all' ? 'all' : [])}
        data={[
          { value: 'all', label: 'All, also those to come' },
          { value: 'some', label: 'Standard, and those that are ticked' },
        ]}
      />
      {enabled !== 'all' && (
        <Checkbox.Group label="Besides Standard" value={enabled} onChange={(value) => enable(value as Optional[])}>
          <div className="ticks">
            {Object.entries(optional).map(([value, label]) => (
              <Checkbox key={value} size="xs" value={value} label={label} disabled={isFixed} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {preset === 'fast' && enabled !== 'all' && !enabled.includes('fast') && (
        <p className="notice warn">
          Calls that name no tier would be refused: Fast is not among those that are allowed.
        </p>
      )}
      {error && <Said error={error} />}
      {project.status === 'active' && (
        <div>
          <Button type="submit" loading={isPending} disabled={isFixed || isSame}>
            Save tiers
          </Button>
        </div>
      )}
    </form>
  )
}
