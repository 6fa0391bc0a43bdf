import { Button, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../../api/query.ts'
import { Said } from '../../../patterns/failure.tsx'
import { told } from '../../../patterns/told.ts'
import { useDenied } from '../../../session/may.ts'
import { type OwnRetention, type Retention, retentions, stored } from '../../settings/retention.ts'
import type { Project } from '../known.ts'

type RetentionFormProps = { project: Project; own: OwnRetention; organization: Retention }

export function RetentionForm({ project, own, organization }: RetentionFormProps) {
  const [chosen, choose] = useState(own)
  const denied = useDenied()
  const isFixed = denied !== null || project.status === 'archived'
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects/:project_id/data_retention', () =>
    told('The retention of the project is changed'),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ params: { project_id: project.id }, body: { retention_type: chosen } })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      {denied !== null && <p className="muted">{denied}</p>}
      <NativeSelect
        label="Retention"
        description={stored(chosen === 'organization_default' ? organization : chosen)}
        value={chosen}
        disabled={isFixed}
        onChange={(event) => choose(event.currentTarget.value as OwnRetention)}
        data={[
          { value: 'organization_default', label: `As the organization: ${retentions[organization]}` },
          { value: 'none', label: 'None of these' },
          ...Object.entries(retentions).map(([value, label]) => ({ value, label })),
        ]}
      />
      {error && <Said error={error} />}
      {project.status === 'active' && (
        <div>
          <Button type="submit" loading={isPending} disabled={isFixed || chosen === own}>
            Save retention
          </Button>
        </div>
      )}
    </form>
  )
}
