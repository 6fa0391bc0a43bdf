import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../api/operations.ts'
import { useChange, useRead } from '../api/query.ts'
import { Act, RowAct } from '../patterns/act.tsx'
import { Confirm } from '../patterns/confirm.tsx'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { List } from '../patterns/list.tsx'
import { Page } from '../patterns/page.tsx'
import { type Column, Name } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { told } from '../patterns/told.ts'
import { useDenied, useMay } from '../session/may.ts'
import { NewAdminKey } from './admin-keys/new-admin-key.tsx'

type Key = Item<'GET /v1/organization/admin_api_keys'>

const nameOf = ({ name, id }: Key) => name ?? id

/** The keys that scripts change the organization with. */
export function AdminKeys() {
  const { after } = useSearch({ from: '/inside/admin-keys' })
  const [isMaking, make] = useState(false)
  const [leaving, remove] = useState<Key | null>(null)
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const keys = useRead('GET /v1/organization/admin_api_keys', { query: { after } }, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => make(true)}>
      New admin key
    </Act>
  )
  const columns: Column<Key>[] = [
    {
      title: 'Name',
      cell: (key) => (
        <span className="named">
          <Name>{nameOf(key)}</Name>
          {key.disabled_at !== null && <span className="badge warn">Disabled</span>}
        </span>
      ),
    },
    {
      title: 'Key',
      as: 'wide',
      cell: ({ redacted_value }) => <span className="mono">{redacted_value.replace(/\*+/, '…')}</span>,
    },
    {
      title: 'Owner',
      as: 'wide',
      cell: ({ owner }) => (
        <span className="cut" title={owner.name}>
          {owner.name}
        </span>
      ),
    },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (key) => <KeyActions adminKey={key} denied={denied} onDelete={() => remove(key)} />,
    },
  ]
  return (
    <Page
      title="Admin keys"
      lead="Whoever has one may do in the organization what the key's owner may, with the same API as this console. It calls no models."
      actions={button}
    >
      {reads ? (
        <List
          label="Admin keys"
          read={keys}
          columns={columns}
          keyOf={({ id }) => id}
          after={after}
          empty={
            <Empty
              title="No admin keys"
              words="Scripts change the organization with a key of their own."
              action={button}
              command={`curl ${location.origin}/v1/organization/admin_api_keys \\
  -H "Authorization: Bearer $OPENAI_ADMIN_KEY" -H "Content-Type: application/json" \\
  -d '{"name": "Deployment"}'`}
            />
          }
        />
      ) : (
        <Empty title="Keys of scripts" words="Admin keys are shown to the owners of the organization." />
      )}
      {isMaking && <NewAdminKey onClose={() => make(false)} />}
      {leaving && <DeleteAdminKey adminKey={leaving} onClose={() => remove(null)} />}
    </Page>
  )
}

type KeyActionsProps = { adminKey: Key; denied: string | null; onDelete: () => void }

/** To disable a key can be undone, so nothing is asked before. */
function KeyActions({ adminKey, denied, onDelete }: KeyActionsProps) {
  const isDisabled = adminKey.disabled_at !== null
  const { mutate } = useChange('POST /v1/organization/admin_api_keys/:key_id', () =>
    told(`Key '${nameOf(adminKey)}' is ${isDisabled ? 'enabled again' : 'disabled: calls with it are refused'}`),
  )
  const toggle = () =>
    mutate(
      { params: { key_id: adminKey.id }, body: { disabled: !isDisabled } },
      { onError: ({ message }) => told(message) },
    )
  return (
    <>
      <RowAct denied={denied} word={isDisabled ? 'Enable' : 'Disable'} of={nameOf(adminKey)} onClick={toggle} />
      <RowAct denied={denied} word="Delete" of={nameOf(adminKey)} onClick={onDelete} />
    </>
  )
}

function DeleteAdminKey({ adminKey, onClose }: { adminKey: Key; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/admin_api_keys/:key_id', () => {
    told(`Key '${nameOf(adminKey)}' is deleted`)
    onClose()
  })
  return (
    <Confirm
      title="Delete this admin key?"
      words="Every script that uses it is refused from now on. This cannot be undone."
      name={nameOf(adminKey)}
      action="Delete key"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { key_id: adminKey.id } })}
      busy={isPending}
      error={error}
    />
  )
}
