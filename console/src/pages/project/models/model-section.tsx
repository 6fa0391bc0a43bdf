import { CallError } from '../../../api/call.ts'
import type { Reply } from '../../../api/operations.ts'
import { useRead } from '../../../api/query.ts'
import { Act } from '../../../patterns/act.tsx'
import { Failure } from '../../../patterns/failure.tsx'
import { useOpened } from '../../../patterns/opened.ts'
import { Section } from '../../../patterns/page.tsx'
import { useDenied } from '../../../session/may.ts'
import type { Project } from '../known.ts'
import { EditModels } from './edit-models.tsx'

export type Permissions = Reply<'GET /v1/organization/projects/:project_id/model_permissions'>

/** Which models the project may call. */
export function ModelSection({ project }: { project: Project }) {
  const { isOpen, open, close } = useOpened<'models'>()
  const denied = useDenied()
  const read = useRead('GET /v1/organization/projects/:project_id/model_permissions', {
    params: { project_id: project.id },
  })
  // A project without permissions may call every model: the API says that with a 404, also after there were some.
  const isFree = read.error instanceof CallError && read.error.status === 404
  const permissions = isFree ? null : read.data
  if (permissions === undefined && read.error) return <Failure error={read.error} again={() => void read.refetch()} />
  const button = project.status === 'active' && permissions !== undefined && (
    <Act denied={denied} onClick={() => open('models')}>
      Change models
    </Act>
  )
  return (
    <Section title="Models" actions={button}>
      <div className="framed">
        {permissions === undefined ? <span className="bone" /> : <Allowed permissions={permissions} />}
      </div>
      {button && permissions !== undefined && isOpen('models', denied) && (
        <EditModels project={project} permissions={permissions} onClose={close} />
      )}
    </Section>
  )
}

function Allowed({ permissions }: { permissions: Permissions | null }) {
  if (permissions === null) return <p>Every model that the organization can use, also those to come.</p>
  const { mode, model_ids } = permissions
  if (model_ids.length === 0)
    return <p>{mode === 'allow_list' ? 'No model at all.' : 'Every model: none is excepted.'}</p>
  return (
    <>
      <p>{mode === 'allow_list' ? 'These models only:' : 'Every model but these:'}</p>
      <ul className="chips">
        {model_ids.map((id) => (
          <li key={id} className="badge">
            <span className="cut" title={id}>
              {id}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
