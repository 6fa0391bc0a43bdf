import { Link } from '@tanstack/react-router'
import { useRead } from '../../../api/query.ts'
import { Said } from '../../../patterns/failure.tsx'
import { nameOf, seen } from '../../../patterns/names.ts'

/** How many are shown: the group's own page has all. */
const SHOWN = 50

/** Who is in a group. */
export function GroupDetail({ groupId }: { groupId: string }) {
  const members = useRead('GET /v1/organization/groups/:group_id/users', {
    params: { group_id: groupId },
    query: { limit: SHOWN },
  })
  if (members.error && !members.data) return <Said error={members.error} />
  return (
    <>
      {members.data === undefined ? (
        <span className="bone" />
      ) : members.data.data.length === 0 ? (
        <p className="muted">Nobody is in it yet.</p>
      ) : (
        <ul className="chips">
          {members.data.data.map((member) => (
            <li key={member.id} className="badge">
              <span className="cut" title={member.email ?? member.name}>
                {seen(nameOf(member))}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className="section-lead">
        <Link to="/groups/$groupId" params={{ groupId }}>
          {members.data?.has_more ? 'All members of the group' : 'The group'}
        </Link>
      </p>
    </>
  )
}
