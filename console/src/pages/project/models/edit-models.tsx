import { NativeSelect, TagsInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useChange, useRead } from '../../../api/query.ts'
import { Sheet } from '../../../patterns/sheet.tsx'
import { told } from '../../../patterns/told.ts'
import type { Project } from '../known.ts'
import { DEFAULT_ROW } from '../limits/row.ts'
import type { Permissions } from './model-section.tsx'

const modes = [
  { value: 'all', label: 'Every model' },
  { value: 'allow_list', label: 'These models only' },
  { value: 'deny_list', label: 'Every model but these' },
] as const
type Mode = (typeof modes)[number]['value']

type EditModelsProps = { project: Project; permissions: Permissions | null; onClose: () => void }

/** Says anew which models the project may call. */
export function EditModels({ project, permissions, onClose }: EditModelsProps) {
  const [mode, choose] = useState<Mode>(permissions?.mode ?? 'all')
  const [model_ids, list] = useState(permissions?.model_ids ?? [])
  const params = { project_id: project.id }
  const done = () => {
    told('What the project may call is changed: it holds from the next call')
    onClose()
  }
  const change = useChange('POST /v1/organization/projects/:project_id/model_permissions', done)
  const free = useChange('DELETE /v1/organization/projects/:project_id/model_permissions', done)
  const submit = () => {
    if (mode !== 'all') change.mutate({ params, body: { mode, model_ids } })
    else if (permissions) free.mutate({ params })
    else onClose()
  }
  return (
    <Sheet
      title="Models"
      action="Save"
      busy={change.isPending || free.isPending}
      error={change.error ?? free.error}
      {...{ opened: true, onClose, onSubmit: submit }}
    >
      <NativeSelect
        label="The project may call"
        value={mode}
        onChange={(event) => choose(event.currentTarget.value as Mode)}
        data={[...modes]}
      />
      {mode !== 'all' && <Picker project={project} picked={model_ids} onPick={list} />}
      {mode === 'allow_list' && model_ids.length === 0 && (
        <p className="notice warn">With an empty list the project may call no model at all.</p>
      )}
    </Sheet>
  )
}

type PickerProps = { project: Project; picked: string[]; onPick: (picked: string[]) => void }

/** Names of models: those that the server has are offered, as one types; others can be typed whole. */
function Picker({ project, picked, onPick }: PickerProps) {
  const [typed, type] = useState('')
  const [name] = useDebouncedValue(typed.trim(), 250)
  const found = useRead(
    'GET /v1/organization/projects/:project_id/rate_limits/usage',
    { params: { project_id: project.id }, query: { limit: 50, ...(name !== '' && { name }) } },
    project.may('api.model.request'),
  )
  const known = (found.data?.data ?? []).map(({ model }) => model).filter((model) => model !== DEFAULT_ROW)
  return (
    <TagsInput
      label="Models"
      description="Type a name, then Enter."
      value={picked}
      onChange={onPick}
      searchValue={typed}
      onSearchChange={type}
      data={known}
      maxTags={1000}
      acceptValueOnBlur
      comboboxProps={{ withinPortal: false }}
    />
  )
}
