import { Link, useSearch } from '@tanstack/react-router'
import type { Item } from '../api/operations.ts'
import { useRead } from '../api/query.ts'
import { Empty } from '../patterns/empty.tsx'
import { List } from '../patterns/list.tsx'
import { nameOf, seen } from '../patterns/names.ts'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { DeleteKey, KeyActions } from './api-keys/actions.tsx'
import { Filters } from './api-keys/filters.tsx'
import { KeyName, short } from './key-name.tsx'

export type AnyKey = Item<'GET /v1/organization/api_keys'>

/** Every key of the organization: those of its projects, and those of its scripts. */
export function ApiKeys() {
  const { after, name, status, kind, owner } = useSearch({ from: '/inside/keys' })
  const filters = { name, status, kind, owner }
  const { open, close, rowOf } = useOpened<'delete'>()
  const reads = useMay('api.management.read')
  const denied = useDenied()
  const deniedInProjects = useDenied('api.organization.projects.api_keys.write')
  const asked = { after, name, status, kind, owner_id: owner, limit: 100, order: 'desc' as const }
  const keys = useRead('GET /v1/organization/api_keys', { query: asked }, reads)
  const deniedOf = ({ project }: AnyKey) => (project === null ? denied : deniedInProjects)
  const chosen = rowOf('delete', keys.data?.data, ({ id }) => id)
  const leaving = chosen && deniedOf(chosen) === null ? chosen : undefined
  const ownerName = keys.data?.data.find((key) => key.owner.id === owner)?.owner.name
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  const columns: Column<AnyKey>[] = [
    {
      title: 'Name',
      cell: (key) => (
        <div className="two">
          <KeyName of={key} />
          <div className="mono">{short(key.redacted_value)}</div>
        </div>
      ),
    },
    {
      title: 'Project and owner',
      as: 'wide',
      cell: ({ project, owner }) => (
        <div className="two">
          <Opens project={project} />
          <Link className="cut" to="/keys" search={{ ...filters, owner: owner.id }} title={nameOf(owner)}>
            <bdi>{seen(nameOf(owner))}</bdi>
            {owner.type === 'service_account' && ' (service account)'}
          </Link>
        </div>
      ),
    },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (key) => <KeyActions of={stopped(key)} denied={deniedOf(key)} onDelete={() => open('delete', key.id)} />,
    },
  ]
  return (
    <Page
      title="All keys"
      lead="Every key of the organization, newest first: those of its projects, but for archived ones, and admin keys."
    >
      {reads ? (
        <>
          <Filters filters={filters} ownerName={ownerName} />
          <List
            label="All keys"
            read={keys}
            columns={columns}
            keyOf={({ id }) => id}
            after={after}
            empty={isFiltered ? <Empty title="Nothing found" words="No key matches these filters." /> : NONE}
          />
        </>
      ) : (
        <Empty
          title="Keys of everybody"
          words="All keys are shown to the owners of the organization. Yours are on a page of their own."
          action={<Link to="/profile/keys">Your keys</Link>}
        />
      )}
      {leaving && <DeleteKey of={stopped(leaving)} onClose={close} />}
    </Page>
  )
}

const stopped = ({ project, ...key }: AnyKey) => ({ ...key, projectId: project?.id ?? null })

const NONE = (
  <Empty
    title="No keys yet"
    words="Keys that call models are made in a project, keys of scripts that change the organization on a page of their own."
    action={<Link to="/admin-keys">Admin keys</Link>}
  />
)

const Opens = ({ project }: Pick<AnyKey, 'project'>) =>
  project === null ? (
    <span className="muted">Admin key</span>
  ) : (
    <Link className="cut strong" to="/projects/$projectId/keys" params={{ projectId: project.id }} title={project.name}>
      {seen(project.name)}
    </Link>
  )
