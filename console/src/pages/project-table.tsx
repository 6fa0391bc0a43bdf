import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { List } from '../patterns/list.tsx'
import { seen } from '../patterns/names.ts'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import type { ListedProject, useProjects } from './listed.ts'

const columns: Column<ListedProject>[] = [
  {
    title: 'Name',
    cell: ({ id, name }) => (
      <Link className="cut" to="/projects/$projectId" params={{ projectId: id }} title={name}>
        {seen(name)}
      </Link>
    ),
  },
  { title: 'Status', cell: ({ status }) => <ProjectStatus status={status} /> },
  { title: 'ID', as: 'wide', cell: ({ id }) => <span className="mono">{id}</span> },
  { title: 'Created', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
]

export const ProjectStatus = ({ status }: { status: ListedProject['status'] }) => (
  <span className={status === 'active' ? 'badge good' : 'badge'}>{status === 'active' ? 'Active' : 'Archived'}</span>
)

type ProjectTableProps = {
  read: ReturnType<typeof useProjects>
  after?: string | undefined
  excerpt?: boolean
  empty?: ReactNode
}

/** Projects, each a way to its own pages. */
export const ProjectTable = ({
  read,
  after,
  excerpt = false,
  empty = <p className="muted">There are none yet.</p>,
}: ProjectTableProps) => (
  <List label="Projects" columns={columns} keyOf={({ id }) => id} {...{ read, after, excerpt, empty }} />
)
