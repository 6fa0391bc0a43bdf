import { Button, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Reply } from '../../../api/operations.ts'
import { useChange } from '../../../api/query.ts'
import { Said } from '../../../patterns/failure.tsx'
import { told } from '../../../patterns/told.ts'
import { useDenied } from '../../../session/may.ts'
import type { Project } from '../known.ts'

type Organization = Reply<'GET /v1/organization/data_retention'>['type']
type Own = Reply<'GET /v1/organization/projects/:project_id/data_retention'>['type']

const names: Record<Organization, string> = {
  zero_data_retention: 'Zero data retention',
  modified_abuse_monitoring: 'Modified abuse monitoring',
  enhanced_zero_data_retention: 'Enhanced zero data retention',
  enhanced_modified_abuse_monitoring: 'Enhanced modified abuse monitoring',
}

type RetentionFormProps = { project: Project; own: Own; organization: Organization }

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
  const holds = chosen === 'organization_default' ? organization : chosen
  return (
    <form className="stack narrow" onSubmit={submit}>
      {denied !== null && <p className="muted">{denied}</p>}
      <NativeSelect
        label="Retention"
        description={
          holds === 'zero_data_retention' || holds === 'enhanced_zero_data_retention'
            ? 'Every call says that the model server is to store nothing, whatever it asks for.'
            : 'A call may have the model server store its answer.'
        }
        value={chosen}
        disabled={isFixed}
        onChange={(event) => choose(event.currentTarget.value as Own)}
        data={[
          { value: 'organization_default', label: `As the organization: ${names[organization]}` },
          { value: 'none', label: 'None of these' },
          ...Object.entries(names).map(([value, label]) => ({ value, label })),
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
