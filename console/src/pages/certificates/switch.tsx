import { useChange } from '../../api/query.ts'
import { Ask } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'
import type { Project } from '../project/known.ts'

type SwitchProps = {
  certificate: { id: string; name: string | null; active: boolean }
  /** Where; without one for the whole organization. */
  project?: Project
  onClose: () => void
}

/** Activates a certificate, or deactivates it: asked before, since calls are refused from then on, or are no longer. */
export function Switch({ certificate: { id, name, active }, project, onClose }: SwitchProps) {
  const { mutate, isPending, error } = useChange(
    project
      ? `POST /v1/organization/projects/:project_id/certificates/${active ? 'deactivate' : 'activate'}`
      : `POST /v1/organization/certificates/${active ? 'deactivate' : 'activate'}`,
    () => {
      told(`Certificate '${name ?? id}' is ${active ? 'not active any more' : 'active'}`)
      onClose()
    },
  )
  const where = project ? <b>{project.name}</b> : 'all projects'
  return (
    <Ask
      title={active ? 'Deactivate this certificate?' : 'Activate this certificate?'}
      words={
        active ? (
          <>
            Clients of <b className="typed">{name ?? id}</b> are not let into {where} by it any more. Where no other
            certificate is active, a call then needs no client certificate at all: its key is enough.
          </>
        ) : (
          <>
            From the next call on, {where} can be called only with a client certificate that{' '}
            <b className="typed">{name ?? id}</b>, or another active one, has signed. Calls without one are refused.
          </>
        )
      }
      action={active ? 'Deactivate' : 'Activate'}
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project?.id ?? '' }, body: { certificate_ids: [id] } })}
      busy={isPending}
      error={error}
    />
  )
}
