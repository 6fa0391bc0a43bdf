import { useChange, useRead } from '../../api/query.ts'
import { Act, RowAct } from '../../patterns/act.tsx'
import { List } from '../../patterns/list.tsx'
import { NameSheet } from '../../patterns/name-sheet.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import type { Me } from '../../session/me.ts'
import { FactorSheet, type Has, type Passkey } from './factor-sheet.tsx'

type PasskeysProps = {
  me: Me
  has: Has
  /** Why there are none; null: there are. */
  off: string | null
  /** Why one cannot be removed. */
  kept: string | null
}

const idOf = ({ id }: Passkey) => id

/** The passkeys that one has, at most twenty. */
export function Passkeys({ me, has, off, kept }: PasskeysProps) {
  const passkeys = useRead('GET /v1/organization/passkeys', { query: { limit: 100 } })
  const { isOpen, open, close, rowOf } = useOpened<'add-passkey' | 'rename-passkey' | 'remove-passkey'>()
  const renamed = rowOf('rename-passkey', passkeys.data?.data, idOf)
  const removed = rowOf('remove-passkey', passkeys.data?.data, idOf, kept)
  const columns: Column<Passkey>[] = [
    { title: 'Name', cell: ({ name }) => <Name>{name}</Name> },
    { title: 'For', as: 'wide', cell: ({ host }) => <span className="mono">{host}</span> },
    { title: 'Added', as: 'wide', cell: ({ created_at }) => <Time at={created_at} as="minute" /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (passkey) => (
        <>
          <RowAct word="Rename" of={passkey.name} onClick={() => open('rename-passkey', passkey.id)} />
          <RowAct word="Remove" of={passkey.name} denied={kept} onClick={() => open('remove-passkey', passkey.id)} />
        </>
      ),
    },
  ]
  return (
    <Section
      title="Passkeys"
      lead={
        off ?? 'Your fingerprint, face or security key in the place of a code. Nobody can ask you for it elsewhere.'
      }
      actions={
        <Act variant="default" denied={off} onClick={() => open('add-passkey')}>
          Add a passkey
        </Act>
      }
    >
      <List
        label="Passkeys"
        read={passkeys}
        columns={columns}
        keyOf={idOf}
        excerpt
        empty={<p className="muted">There are none.</p>}
      />
      {isOpen('add-passkey', off) && <FactorSheet act="add-passkey" {...{ me, has, onClose: close }} />}
      {renamed && <Rename passkey={renamed} userId={me.id} onClose={close} />}
      {removed && <FactorSheet act="remove-passkey" passkey={removed} {...{ me, has, onClose: close }} />}
    </Section>
  )
}

function Rename({ passkey, userId, onClose }: { passkey: Passkey; userId: string; onClose: () => void }) {
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/users/:user_id/passkeys/:passkey_id',
    ({ name }) => {
      told(`The passkey is called '${name}' now`)
      onClose()
    },
  )
  return (
    <NameSheet
      title="Rename the passkey"
      action="Rename"
      name={passkey.name}
      onClose={onClose}
      onSubmit={(name) => mutate({ params: { user_id: userId, passkey_id: passkey.id }, body: { name } })}
      busy={isPending}
      error={error}
    />
  )
}
