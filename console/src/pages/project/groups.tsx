import { useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { Act, RowAct } from '../../patterns/act.tsx'
import { adminCurl } from '../../patterns/curl.ts'
import { Empty } from '../../patterns/empty.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { RolesSheet } from '../roles/roles-sheet.tsx'
import { AddGroup } from './groups/add-group.tsx'
import { GroupDetail } from './groups/group-detail.tsx'
import { RemoveGroup } from './groups/remove-group.tsx'
import type { Project } from './known.ts'
import { deniedIn, ProjectPage } from './project.tsx'

export type ProjectGroup = Item<'GET /v1/organization/projects/:project_id/groups'>

const idOf = ({ group_id }: ProjectGroup) => group_id

/** Which groups are in a project. */
export function ProjectGroups() {
  const { isOpen, open, close } = useOpened<'add'>()
  const button = (project: Project) => (
    <Act denied={deniedIn(project)} leftSection={<Icon name="plus" />} onClick={() => open('add')}>
      Add group
    </Act>
  )
  return (
    <ProjectPage
      title="Groups"
      lead="Whoever is in one of them has its roles in this project, for as long as they are in it."
      actions={(project) => project.status === 'active' && button(project)}
    >
      {(project) =>
        project.status === 'archived' ? null : !project.may('api.groups.read') ? (
          <Empty title="Groups" words="The groups of a project are shown to its members." />
        ) : (
          <>
            <GroupTable project={project} action={button(project)} />
            {isOpen('add', deniedIn(project)) && <AddGroup project={project} onClose={close} />}
          </>
        )
      }
    </ProjectPage>
  )
}

function GroupTable({ project, action }: { project: Project; action: ReactNode }) {
  const { after } = useSearch({ from: '/inside/projects/$projectId/groups' })
  const { open, close, rowOf } = useOpened<'roles' | 'remove'>()
  const groups = useRead('GET /v1/organization/projects/:project_id/groups', {
    params: { project_id: project.id },
    query: { after, limit: 100 },
  })
  const denied = deniedIn(project)
  const where = { projectId: project.id, may: project.may }
  const leaving = rowOf('remove', groups.data?.data, idOf, denied)
  const shown = rowOf('roles', groups.data?.data, idOf)
  const columns: Column<ProjectGroup>[] = [
    { title: 'Name', cell: ({ group_name }) => <Name>{group_name}</Name> },
    { title: 'ID', as: 'wide', cell: ({ group_id }) => <span className="mono">{group_id}</span> },
    { title: 'Added', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (group) => (
        <>
          <RowAct word="Roles" of={`of ${group.group_name}`} onClick={() => open('roles', group.group_id)} />
          <RowAct denied={denied} word="Remove" of={group.group_name} onClick={() => open('remove', group.group_id)} />
        </>
      ),
    },
  ]
  return (
    <>
      <List
        label="Groups"
        read={groups}
        columns={columns}
        keyOf={idOf}
        after={after}
        detail={({ group_id }) => <GroupDetail groupId={group_id} />}
        empty={
          <Empty
            title="No groups yet"
            words="Add a team's group, with a role: whoever joins the team has the role here at once."
            action={action}
            command={adminCurl(
              `organization/projects/${project.id}/groups`,
              '{"group_id": "group_…", "role": "role-api-project-member"}',
            )}
          />
        }
      />
      {shown && (
        <RolesSheet
          holder={{ kind: 'group', id: shown.group_id, name: shown.group_name }}
          {...{ where, denied }}
          onClose={close}
        />
      )}
      {leaving && <RemoveGroup project={project} group={leaving} onClose={close} />}
    </>
  )
}
