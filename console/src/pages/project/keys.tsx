import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Search } from '../../patterns/search.tsx'
import type { Column } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { DeleteKey, KeyActions } from '../api-keys/actions.tsx'
import { KeyName, short, statusOf } from '../key-name.tsx'
import type { Project } from './known.ts'
import { NewKey } from './new-key.tsx'
import { deniedIn, deniedKey, ProjectPage } from './project.tsx'

type Key = Item<'GET /v1/organization/projects/:project_id/api_keys'>

const idOf = ({ id }: Key) => id

/** The keys of a project. */
export function Keys() {
  const { isOpen, open, close } = useOpened<'new'>()
  const button = (project: Project) => (
    <Act denied={deniedKey(project)} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New key
    </Act>
  )
  return (
    <ProjectPage
      title="API keys"
      lead="Whoever has a key calls models for this project. A key is shown once, when it is made."
      actions={(project) => project.status === 'active' && button(project)}
    >
      {(project) => (
        <>
          {project.may('api.organization.projects.api_keys.read') ? (
            <KeyTable project={project} action={button(project)} />
          ) : (
            <Empty
              title="Your keys in this project"
              words="The list of all keys is shown to the owners of the project. Yours, of all projects, are on a page of their own."
              action={<Link to="/profile/keys">Your keys</Link>}
            />
          )}
          {project.status === 'active' && isOpen('new', deniedKey(project)) && (
            <NewKey project={project} onClose={close} />
          )}
        </>
      )}
    </ProjectPage>
  )
}

function KeyTable({ project, action }: { project: Project; action: ReactNode }) {
  const { after, name } = useSearch({ from: '/inside/projects/$projectId/keys' })
  const navigate = useNavigate()
  const { open, close, rowOf } = useOpened<'delete'>()
  const keys = useRead('GET /v1/organization/projects/:project_id/api_keys', {
    params: { project_id: project.id },
    query: { after, name, owner_project_access: 'any', limit: 100, order: 'desc' },
  })
  const denied = deniedIn(project, 'api.organization.projects.api_keys.write')
  const stopped = (key: Key) => ({ id: key.id, name: key.name, status: statusOf(key), projectId: project.id })
  const isActive = project.status === 'active'
  const revoked = isActive && rowOf('delete', keys.data?.data, idOf, denied)
  const columns: Column<Key>[] = [
    { title: 'Name', cell: (key) => <KeyName of={stopped(key)} /> },
    { title: 'Key', as: 'wide', cell: ({ redacted_value }) => <span className="mono">{short(redacted_value)}</span> },
    { title: 'Owner', as: 'wide', cell: (key) => <Owner of={key} /> },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (key) => <KeyActions of={stopped(key)} denied={denied} onDelete={() => open('delete', key.id)} />,
    },
  ]
  return (
    <>
      <div className="filters">
        <Search
          label="Find a key by its name"
          value={name}
          onSearch={(name) => void navigate({ to: '.', search: { name } as never, replace: true })}
        />
      </div>
      <List
        label="API keys"
        read={keys}
        columns={isActive ? columns : columns.slice(0, -1)}
        keyOf={idOf}
        after={after}
        empty={
          name === undefined ? (
            <Empty
              title="No keys yet"
              words="A key lets an app call models as this project, within its limits and its budget."
              action={isActive && action}
            />
          ) : (
            <Empty title="Nothing found" words={`No key of this project has '${name}' in its name.`} />
          )
        }
      />
      {revoked && <DeleteKey of={stopped(revoked)} onClose={close} />}
    </>
  )
}

/** Whose a key is, and whether that one can still use the project. */
function Owner({ of: { owner, owner_project_access } }: { of: Key }) {
  const name = owner.type === 'user' ? owner.user?.name || owner.user?.email : owner.service_account?.name
  return (
    <span className="cut" title={name ?? ''}>
      {owner_project_access === 'inactive' && <span className="badge warn">No access</span>} <bdi>{name}</bdi>
      {owner.type !== 'user' && ' (service account)'}
    </span>
  )
}
