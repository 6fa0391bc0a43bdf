import { Link } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { RowAct } from '../../patterns/act.tsx'
import { List } from '../../patterns/list.tsx'
import { seen } from '../../patterns/names.ts'
import { useOpened } from '../../patterns/opened.ts'
import type { Column } from '../../patterns/table.tsx'
import { useDenied } from '../../session/may.ts'
import type { Project } from '../project/known.ts'
import { Expiry } from './expiry.tsx'
import { Switch } from './switch.tsx'

type Certificate = { id: string; name: string | null; active: boolean; certificate_details: { expires_at: number } }
type CertificateListProps<T extends Certificate> = {
  read: ComponentProps<typeof List<T>>['read']
  /** Where it is active, in words. */
  status: (one: T) => ReactNode
  /** What else is told of each. */
  more?: readonly Column<T>[]
  /** Where they are switched; without one for the whole organization. */
  project?: Project
  empty: ReactNode
}

/** Certificates, each with its end and with what switches it. */
export function CertificateList<T extends Certificate>(props: CertificateListProps<T>) {
  const { read, status, more = [], project, empty } = props
  const { open, close, rowOf } = useOpened<'switch'>()
  const denied = useDenied()
  const switched = rowOf('switch', read.data?.data, ({ id }) => id, denied)
  const columns: Column<T>[] = [
    {
      title: 'Name',
      cell: ({ id, name }) => (
        <Link className="cut" to="/certificates/$certificateId" params={{ certificateId: id }} title={name ?? id}>
          {seen(name ?? id)}
        </Link>
      ),
    },
    { title: 'Expires', cell: ({ certificate_details: { expires_at } }) => <Expiry at={expires_at} /> },
    { title: 'Status', as: 'wide', cell: status },
    ...more,
    {
      title: 'Actions',
      as: 'end',
      cell: (one) => (
        <RowAct
          denied={denied}
          word={one.active ? 'Deactivate' : 'Activate'}
          of={one.name ?? one.id}
          onClick={() => open('switch', one.id)}
        />
      ),
    },
  ]
  return (
    <>
      <List label="Certificates" read={read} columns={columns} keyOf={({ id }) => id} empty={empty} />
      {switched && <Switch certificate={switched} {...(project && { project })} onClose={close} />}
    </>
  )
}
