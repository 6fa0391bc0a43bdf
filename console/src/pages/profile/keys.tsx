import { Link, useSearch } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { Said } from '../../patterns/failure.tsx'
import { List } from '../../patterns/list.tsx'
import { seen } from '../../patterns/names.ts'
import { useOpened } from '../../patterns/opened.ts'
import { Page } from '../../patterns/page.tsx'
import type { Column } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { KeyName } from '../key-name.tsx'

type Key = Item<'GET /v1/organization/me/api_keys'>

const idOf = ({ id }: Key) => id

const OTHERS = 'Somebody else disabled it. An owner of the project can enable it again.'

/** One's own keys, of all projects. */
export function MyKeys() {
  const { after } = useSearch({ from: '/inside/profile/keys' })
  const { open, close, rowOf } = useOpened<'delete'>()
  const keys = useRead('GET /v1/organization/me/api_keys', { query: { after, limit: 100, order: 'desc' } })
  const change = useChange('POST /v1/organization/me/api_keys/:api_key_id', ({ name, status }) =>
    told(`Key '${name}' is ${status === 'disabled' ? 'disabled: calls with it are refused' : 'enabled again'}`),
  )
  const own = keys.data?.data.filter(({ kind }) => kind === 'project')
  const leaving = rowOf('delete', own, idOf)
  const columns: Column<Key>[] = [
    { title: 'Name', cell: (key) => <KeyName of={key} /> },
    {
      title: 'Project',
      as: 'wide',
      cell: ({ project }) =>
        project === null ? (
          <span className="muted">Admin key</span>
        ) : (
          <Link className="cut" to="/projects/$projectId" params={{ projectId: project.id }} title={project.name}>
            {seen(project.name)}
          </Link>
        ),
    },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (key) =>
        key.kind === 'project' && (
          <>
            {key.status !== 'expired' && (
              <RowAct
                denied={key.status === 'disabled' && key.disabled_by !== key.owner.id ? OTHERS : null}
                word={key.status === 'disabled' ? 'Enable' : 'Disable'}
                of={key.name}
                onClick={() =>
                  change.mutate({ params: { api_key_id: key.id }, body: { disabled: key.status === 'active' } })
                }
              />
            )}
            <RowAct word="Delete" of={key.name} onClick={() => open('delete', key.id)} />
          </>
        ),
    },
  ]
  return (
    <Page
      title="Your keys"
      lead="The keys that are yours, in all projects. New ones are made on the page of a project."
    >
      {change.error && <Said error={change.error} />}
      <List
        label="Your keys"
        read={keys}
        columns={columns}
        keyOf={idOf}
        after={after}
        empty={
          <Empty
            title="No keys yet"
            words="Open a project that you are in and make one there."
            action={<Link to="/projects">Your projects</Link>}
          />
        }
      />
      {leaving && <DeleteMine apiKey={leaving} onClose={close} />}
    </Page>
  )
}

function DeleteMine({ apiKey, onClose }: { apiKey: Key; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/me/api_keys/:api_key_id', () => {
    told(`Key '${apiKey.name}' is deleted`)
    onClose()
  })
  return (
    <Confirm
      title="Delete this key?"
      words="Calls with it are refused from now on, and streams that it began are cut. This cannot be undone."
      name={apiKey.name}
      action="Delete key"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { api_key_id: apiKey.id } })}
      busy={isPending}
      error={error}
    />
  )
}
