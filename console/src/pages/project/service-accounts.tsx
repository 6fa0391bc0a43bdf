import { useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { Act, RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { adminCurl } from '../../patterns/curl.ts'
import { Empty } from '../../patterns/empty.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import type { Project } from './known.ts'
import { NewAccountKey } from './new-account-key.tsx'
import { NewServiceAccount } from './new-service-account.tsx'
import { deniedIn, ProjectPage } from './project.tsx'

type Account = Item<'GET /v1/organization/projects/:project_id/service_accounts'>

const idOf = ({ id }: Account) => id
const roles: Record<Account['role'], string> = { owner: 'Owner', member: 'Member', none: 'Custom' }

/** What calls models here and is nobody. */
export function ServiceAccounts() {
  const { isOpen, open, close } = useOpened<'new'>()
  const button = (project: Project) => (
    <Act denied={deniedIn(project)} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New service account
    </Act>
  )
  return (
    <ProjectPage
      title="Service accounts"
      lead="For what runs by itself: its keys belong to the project and outlive the people who made them."
      actions={(project) => project.status === 'active' && button(project)}
    >
      {(project) =>
        project.status === 'archived' ? null : !project.may('api.management.read') ? (
          <Empty title="What runs here" words="The service accounts of a project are shown to its owners." />
        ) : (
          <>
            <AccountTable project={project} action={button(project)} />
            {isOpen('new', deniedIn(project)) && <NewServiceAccount projectId={project.id} onClose={close} />}
          </>
        )
      }
    </ProjectPage>
  )
}

function AccountTable({ project, action }: { project: Project; action: ReactNode }) {
  const { after } = useSearch({ from: '/inside/projects/$projectId/service-accounts' })
  const { open, close, rowOf } = useOpened<'key' | 'delete'>()
  const accounts = useRead('GET /v1/organization/projects/:project_id/service_accounts', {
    params: { project_id: project.id },
    query: { after, limit: 100, order: 'desc' },
  })
  const denied = deniedIn(project)
  const keyed = rowOf('key', accounts.data?.data, idOf, denied)
  const leaving = rowOf('delete', accounts.data?.data, idOf, denied)
  const columns: Column<Account>[] = [
    { title: 'Name', cell: ({ name }) => <Name>{name}</Name> },
    { title: 'Role', as: 'wide', cell: ({ role }) => roles[role] },
    { title: 'ID', as: 'wide', cell: ({ id }) => <span className="mono cut">{id}</span> },
    { title: 'Created', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (account) => (
        <>
          <RowAct denied={denied} word="New key" of={`of ${account.name}`} onClick={() => open('key', account.id)} />
          <RowAct denied={denied} word="Delete" of={account.name} onClick={() => open('delete', account.id)} />
        </>
      ),
    },
  ]
  return (
    <>
      <List
        label="Service accounts"
        read={accounts}
        columns={columns}
        keyOf={idOf}
        after={after}
        empty={
          <Empty
            title="No service accounts yet"
            words="Give each app or job its own, so that what it uses is counted apart and one can be stopped without the others."
            action={action}
            command={adminCurl(`organization/projects/${project.id}/service_accounts`, '{"name": "My app"}')}
          />
        }
      />
      {keyed && <NewAccountKey project={project} account={keyed} onClose={close} />}
      {leaving && <DeleteAccount project={project} account={leaving} onClose={close} />}
    </>
  )
}

function DeleteAccount({ project, account, onClose }: { project: Project; account: Account; onClose: () => void }) {
  const { mutate, isPending, error } = useChange(
    'DELETE /v1/organization/projects/:project_id/service_accounts/:service_account_id',
    () => {
      told(`Service account '${account.name}' and its keys are deleted`)
      onClose()
    },
  )
  return (
    <Confirm
      title="Delete this service account?"
      words="All of its keys stop working at once. This cannot be undone."
      name={account.name}
      action="Delete service account"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project.id, service_account_id: account.id } })}
      busy={isPending}
      error={error}
    />
  )
}
