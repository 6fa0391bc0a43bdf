import { TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../../api/query.ts'
import { figure, wholeNumber } from '../../../patterns/figures.ts'
import { told } from '../../../patterns/told.ts'
import { nameOf, type Row, UNLIMITED } from './row.ts'

/** The project's maximum, as it stands. */
export function Maximum({ of: { own, organization } }: { of: Row }) {
  if (own !== null) return figure(own)
  return <span className="muted">{organization === null ? 'None' : 'Inherited'}</span>
}

/** The form that is open; there is one at most. What is done with it stands at the row's end. */
export const EDITOR = 'maximum'

/** The project's maximum, to be typed: Enter keeps it, Escape leaves it as it was. */
export function EditMaximum({ projectId, row, onClose }: { projectId: string; row: Row; onClose: () => void }) {
  const { id, model, counts, own, organization, dimension } = row
  const [typed, type] = useState(own === null ? '' : `${own}`)
  const [isWrong, tell] = useState(false)
  const path = 'POST /v1/organization/projects/:project_id/rate_limits/:rate_limit_id'
  const { mutate, isPending, error } = useChange(path, () => {
    told(`${counts} of ${nameOf(model)}: changed`)
    onClose()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The API has no way to take a maximum back: the most that is allowed limits as little as none.
    const value = typed.trim() === '' ? (organization ?? UNLIMITED) : wholeNumber(typed)
    tell(value === null)
    if (value !== null && !isPending) {
      mutate({ params: { project_id: projectId, rate_limit_id: id }, body: { [dimension]: value } })
    }
  }
  return (
    <form
      id={EDITOR}
      className="inline-edit"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <TextInput
        size="xs"
        inputMode="numeric"
        aria-label={`Maximum: ${counts} of ${nameOf(model)}`}
        placeholder={organization === null ? 'None' : figure(organization)}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        error={isWrong ? 'A whole number; 0 blocks.' : error?.message}
        autoComplete="off"
        autoFocus
      />
    </form>
  )
}
