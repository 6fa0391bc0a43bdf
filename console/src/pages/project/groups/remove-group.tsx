import { useChange } from '../../../api/query.ts'
import { Confirm } from '../../../patterns/confirm.tsx'
import { told } from '../../../patterns/told.ts'
import type { ProjectGroup } from '../groups.tsx'
import type { Project } from '../known.ts'

type RemoveGroupProps = { project: Project; group: ProjectGroup; onClose: () => void }

export function RemoveGroup({ project, group, onClose }: RemoveGroupProps) {
  const { mutate, isPending, error } = useChange(
    'DELETE /v1/organization/projects/:project_id/groups/:group_id',
    () => {
      told(`Group '${group.group_name}' is not in the project any more`)
      onClose()
    },
  )
  return (
    <Confirm
      title="Remove from the project?"
      words={
        <>
          The members of <b>{group.group_name}</b> lose the roles that it has here, and with that, where nothing else
          lets them in, the project: their keys stop working.
        </>
      }
      name={group.group_name}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project.id, group_id: group.group_id } })}
      busy={isPending}
      error={error}
    />
  )
}
