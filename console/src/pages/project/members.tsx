import { NativeSelect, TextInput } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { Act, RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { List } from '../../patterns/list.tsx'
import { nameOf } from '../../patterns/names.ts'
import { useOpened } from '../../patterns/opened.ts'
import { Search } from '../../patterns/search.tsx'
import { Sheet } from '../../patterns/sheet.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { RolesSheet } from '../roles/roles-sheet.tsx'
import type { Project } from './known.ts'
import { deniedIn, ProjectPage } from './project.tsx'

type Member = Item<'GET /v1/organization/projects/:project_id/users'>

const idOf = ({ id }: Member) => id
const roles: Record<Member['role'], string> = { owner: 'Owner', member: 'Member', viewer: 'Viewer', none: 'Custom' }

/** Who is in a project. */
export function Members() {
  const { isOpen, open, close } = useOpened<'add'>()
  return (
    <ProjectPage
      title="Members"
      lead="Members make keys and call models; owners also change the project. Owners of the organization are in every project."
      actions={(project) =>
        project.status === 'active' && (
          <Act denied={deniedIn(project)} leftSection={<Icon name="plus" />} onClick={() => open('add')}>
            Add member
          </Act>
        )
      }
    >
      {(project) =>
        project.status === 'archived' ? null : !project.may('api.management.read') ? (
          <Empty title="Who is here" words="The members of a project are shown to its owners." />
        ) : (
          <>
            <MemberTable project={project} />
            <AddMember project={project} opened={isOpen('add', deniedIn(project))} onClose={close} />
          </>
        )
      }
    </ProjectPage>
  )
}

function MemberTable({ project }: { project: Project }) {
  const { after, name } = useSearch({ from: '/inside/projects/$projectId/members' })
  const navigate = useNavigate()
  const { open, close, rowOf } = useOpened<'roles' | 'remove'>()
  const denied = deniedIn(project)
  const members = useRead('GET /v1/organization/projects/:project_id/users', {
    params: { project_id: project.id },
    query: { after, name, limit: 100 },
  })
  const leaving = rowOf('remove', members.data?.data, idOf, denied)
  const shown = rowOf('roles', members.data?.data, idOf)
  const columns: Column<Member>[] = [
    { title: 'Name', cell: (member) => <Name>{nameOf(member)}</Name> },
    {
      title: 'Address',
      as: 'wide',
      cell: ({ email }) => (
        <span className="cut muted" title={email ?? ''}>
          {email}
        </span>
      ),
    },
    { title: 'Role', cell: ({ role }) => roles[role] },
    { title: 'Added', as: 'wide', cell: ({ added_at }) => <Time at={added_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (member) => (
        <>
          <RowAct word="Roles" of={`of ${nameOf(member)}`} onClick={() => open('roles', member.id)} />
          <RowAct denied={denied} word="Remove" of={nameOf(member)} onClick={() => open('remove', member.id)} />
        </>
      ),
    },
  ]
  return (
    <>
      <div className="filters">
        <Search
          label="Find a member"
          placeholder="Find by name or address"
          value={name}
          onSearch={(name) => void navigate({ to: '.', search: { name } as never, replace: true })}
        />
      </div>
      <List
        label="Members"
        read={members}
        columns={columns}
        keyOf={idOf}
        after={after}
        empty={
          name === undefined ? (
            <Empty title="No members yet" words="Add people of the organization: they then make keys of their own." />
          ) : (
            <Empty title="Nothing found" words={`Nobody in this project has '${name}' in their name or address.`} />
          )
        }
      />
      {shown && (
        <RolesSheet
          holder={{ kind: 'user', id: shown.id, name: nameOf(shown) }}
          where={{ projectId: project.id, may: project.may }}
          denied={denied}
          onClose={close}
        />
      )}
      {leaving && <RemoveMember project={project} member={leaving} onClose={close} />}
    </>
  )
}

function AddMember({ project, opened, onClose }: { project: Project; opened: boolean; onClose: () => void }) {
  const [email, type] = useState('')
  const [role, choose] = useState<'member' | 'owner'>('member')
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects/:project_id/users', (member) => {
    told(`${member.name || member.email} is in the project`)
    type('')
    choose('member')
    onClose()
  })
  return (
    <Sheet
      {...{ title: 'Add member', opened, onClose, action: 'Add member', busy: isPending, error }}
      onSubmit={() => mutate({ params: { project_id: project.id }, body: { email, role } })}
    >
      <TextInput
        type="email"
        label="Address"
        description="Of somebody who is in the organization. Invite others under People."
        value={email}
        onChange={(event) => type(event.currentTarget.value)}
        required
        data-autofocus
        autoComplete="off"
      />
      <NativeSelect
        label="Role"
        value={role}
        onChange={(event) => choose(event.currentTarget.value as typeof role)}
        data={[
          { value: 'member', label: 'Member' },
          { value: 'owner', label: 'Owner' },
        ]}
      />
    </Sheet>
  )
}

function RemoveMember({ project, member, onClose }: { project: Project; member: Member; onClose: () => void }) {
  const name = nameOf(member)
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/projects/:project_id/users/:user_id', () => {
    told(`${name} is not in the project any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove from the project?"
      words={
        <>
          The keys that <b>{name}</b> has in this project stop working.
        </>
      }
      name={member.email ?? name}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project.id, user_id: member.id } })}
      busy={isPending}
      error={error}
    />
  )
}
