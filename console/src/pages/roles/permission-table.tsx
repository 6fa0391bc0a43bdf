import { Table } from '../../patterns/table.tsx'
import { type Entry, type Matter, mattersOf, verbOf } from './matrix.ts'
import { Opened, OpensAll } from './opens.tsx'
import { Tick } from './tick.tsx'
import type { Where } from './where.ts'
import './roles.css'

type PermissionTableProps = {
  where: Where
  /** Undefined: on its way. */
  catalogue: readonly Entry[] | undefined
  held: ReadonlySet<string>
  /** Without it nothing can be ticked: what is held is shown alone. */
  onTick?: ((permission: string) => void) | undefined
}

/** What a role holds, by what it is about; each row opens to all that its permissions open. */
export function PermissionTable({ where, catalogue, held, onTick }: PermissionTableProps) {
  const level = where.projectId === undefined ? 'organization' : 'project'
  // One is offered what a custom role can hold here; of others it is shown that they are held.
  const shown = catalogue?.filter(({ id, custom_roles }) => held.has(id) || (onTick && custom_roles.includes(level)))
  const deniedOf = (id: string) => (where.may(id) ? null : 'You do not hold this yourself, and nobody hands out more.')
  return (
    <Table
      label="Permissions"
      rows={shown && mattersOf(shown)}
      keyOf={({ id }: Matter) => id}
      columns={[
        { title: 'Of what', cell: ({ name }) => <span className="strong">{name}</span> },
        {
          title: 'May',
          cell: ({ name, entries }) => (
            <div className="ticks">
              {entries.map(({ id }) =>
                onTick ? (
                  <Tick
                    key={id}
                    word={verbOf(id)}
                    of={name}
                    isTicked={held.has(id)}
                    denied={deniedOf(id)}
                    onTick={() => onTick(id)}
                  />
                ) : (
                  <span key={id} className="badge good">
                    {verbOf(id)}
                  </span>
                ),
              )}
            </div>
          ),
        },
        { title: 'Opens here', as: 'wide', cell: (matter) => <Opened matter={matter} /> },
      ]}
      detail={(matter) => <OpensAll matter={matter} />}
    />
  )
}
