import { Button, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Said } from '../../patterns/failure.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'
import { type Retention, retentions, stored } from './retention.ts'

/** @param own what holds for the organization now */
export function RetentionForm({ own }: { own: Retention }) {
  const [chosen, choose] = useState(own)
  const denied = useDenied()
  const { mutate, isPending, error } = useChange('POST /v1/organization/data_retention', () =>
    told('The retention of the organization is changed'),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { retention_type: chosen } })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      {denied !== null && <p className="muted">{denied}</p>}
      <NativeSelect
        label="Retention"
        description={stored(chosen)}
        value={chosen}
        disabled={denied !== null}
        onChange={(event) => choose(event.currentTarget.value as Retention)}
        data={Object.entries(retentions).map(([value, label]) => ({ value, label }))}
      />
      {error && <Said error={error} />}
      <div>
        <Button type="submit" loading={isPending} disabled={denied !== null || chosen === own}>
          Save retention
        </Button>
      </div>
    </form>
  )
}
