import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { Act, RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { Danger } from '../../patterns/danger.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { List } from '../../patterns/list.tsx'
import { nameOf } from '../../patterns/names.ts'
import { useOpened } from '../../patterns/opened.ts'
import { Page, Section } from '../../patterns/page.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied, useMayAll } from '../../session/may.ts'
import { HeldRoles } from '../roles/held-roles.tsx'
import { AddToGroup } from './add-to-group.tsx'
import { RenameGroup } from './rename-group.tsx'

type Member = Item<'GET /v1/organization/groups/:group_id/users'>

const idOf = ({ id }: Member) => id

/** A group: who is in it, and its end. */
export function GroupPage() {
  const { groupId } = useParams({ from: '/inside/groups/$groupId' })
  const { after } = useSearch({ from: '/inside/groups/$groupId' })
  const { isOpen, open, close, rowOf } = useOpened<'add' | 'rename' | 'remove'>()
  const may = useDenied('api.groups.write')
  const assigns = useDenied()
  const where = { may: useMayAll() }
  const params = { group_id: groupId }
  const group = useRead('GET /v1/organization/groups/:group_id', { params })
  const members = useRead('GET /v1/organization/groups/:group_id/users', { params, query: { after, limit: 50 } })
  const denied = group.data?.is_scim_managed ? 'An identity provider keeps this group. Change it there.' : may
  const leaving = rowOf('remove', members.data?.data, idOf, denied)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('add')}>
      Add member
    </Act>
  )
  const columns: Column<Member>[] = [
    { title: 'Name', cell: (member) => <Name>{nameOf(member)}</Name> },
    {
      title: 'Address',
      as: 'wide',
      cell: ({ email }) =>
        email === null ? <span className="muted">Service account</span> : <span className="cut muted">{email}</span>,
    },
    {
      title: 'Actions',
      as: 'end',
      cell: (member) => (
        <RowAct denied={denied} word="Remove" of={nameOf(member)} onClick={() => open('remove', member.id)} />
      ),
    },
  ]
  return (
    <Page
      title={group.data?.name ?? 'Group'}
      above={<Link to="/groups">Groups</Link>}
      actions={
        group.data && (
          <>
            <Act variant="default" denied={denied} onClick={() => open('rename')}>
              Rename
            </Act>
            {button}
          </>
        )
      }
    >
      {group.error && !group.data ? (
        <Failure error={group.error} again={() => void group.refetch()} />
      ) : (
        <>
          <List
            label="Members of the group"
            read={members}
            columns={columns}
            keyOf={idOf}
            after={after}
            empty={
              <Empty
                title="Nobody is in it yet"
                words="Whoever is added has at once what the group has."
                action={button}
              />
            }
          />
          {group.data && (
            <Section
              title="Roles in the organization"
              lead="They count in all projects. Those in one project are given on its Groups page."
            >
              <HeldRoles
                holder={{ kind: 'group', id: groupId, name: group.data.name }}
                where={where}
                denied={assigns}
              />
            </Section>
          )}
          {group.data && <End id={groupId} name={group.data.name} denied={denied} />}
        </>
      )}
      {group.data && isOpen('add', denied) && <AddToGroup groupId={groupId} onClose={close} />}
      {group.data && isOpen('rename', denied) && <RenameGroup id={groupId} name={group.data.name} onClose={close} />}
      {leaving && <RemoveFromGroup groupId={groupId} member={leaving} onClose={close} />}
    </Page>
  )
}

function RemoveFromGroup({ groupId, member, onClose }: { groupId: string; member: Member; onClose: () => void }) {
  const name = nameOf(member)
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/groups/:group_id/users/:user_id', () => {
    told(`${name} is not in the group any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove from the group?"
      words={
        <>
          <b>{name}</b> loses what the group gives.
        </>
      }
      name={member.email ?? name}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { group_id: groupId, user_id: member.id } })}
      busy={isPending}
      error={error}
    />
  )
}

function End({ id, name, denied }: { id: string; name: string; denied: string | null }) {
  const navigate = useNavigate()
  const change = useChange('DELETE /v1/organization/groups/:group_id', async () => {
    told(`Group '${name}' is deleted`)
    await navigate({ to: '/groups', replace: true })
  })
  return (
    <Section title="Danger zone">
      <Danger
        action="Delete group"
        title="Delete this group"
        words="Its members stay in the organization, and lose what they had through it."
        loss="Its members lose what they had through it, at once."
        name={name}
        denied={denied}
        onConfirm={() => change.mutate({ params: { group_id: id } })}
        change={change}
      />
    </Section>
  )
}
