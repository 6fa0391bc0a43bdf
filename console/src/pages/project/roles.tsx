import { useSearch } from '@tanstack/react-router'
import { Act } from '../../patterns/act.tsx'
import { adminCurl } from '../../patterns/curl.ts'
import { Empty } from '../../patterns/empty.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { RoleForm } from '../roles/role-form.tsx'
import { RoleList } from '../roles/role-list.tsx'
import { deniedRoles, type Where } from '../roles/where.ts'
import type { Project } from './known.ts'
import { ProjectPage } from './project.tsx'

/** The roles of a project. */
export function ProjectRoles() {
  const { after } = useSearch({ from: '/inside/projects/$projectId/roles' })
  const { isOpen, open, close } = useOpened<'new'>()
  const button = (project: Project) => (
    <Act denied={deniedRoles(whereOf(project))} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New role
    </Act>
  )
  return (
    <ProjectPage
      title="Roles"
      lead="What members and groups may do in this project and in no other. Roles are given under Members and Groups."
      actions={(project) => project.status === 'active' && button(project)}
    >
      {(project) =>
        project.status === 'archived' ? null : !project.may('api.roles.read') ? (
          <Empty title="Roles" words="You may not see the roles of this project. Its owners can change that." />
        ) : (
          <>
            <RoleList
              where={whereOf(project)}
              after={after}
              empty={
                <Empty
                  title="No roles of its own yet"
                  words="With a role of its own somebody calls models here, say, and sees no response of others."
                  action={button(project)}
                  command={adminCurl(
                    `projects/${project.id}/roles`,
                    '{"role_name": "Calls models", "permissions": ["api.model.request"]}',
                  )}
                />
              }
            />
            {isOpen('new', deniedRoles(whereOf(project))) && <RoleForm where={whereOf(project)} onClose={close} />}
          </>
        )
      }
    </ProjectPage>
  )
}

const whereOf = ({ id, may }: Project): Where => ({ projectId: id, may })
