import { Link } from '@tanstack/react-router'
import { seen } from '../../patterns/names.ts'
import { useMay } from '../../session/may.ts'
import { nameOf } from '../project/limits/row.ts'
import type { Item } from './item.ts'

/** What it is about, and the way to where it is mended. */
export function Place({ of: item }: { of: Item }) {
  const { kind, subject, project } = item
  const seesAll = useMay('api.management.read')
  const name = subject.name ?? (subject.type === 'organization' ? 'All projects together' : subject.id)
  const shown = seen(subject.type === 'rate_limit' ? nameOf(name) : name)
  const looks = { className: 'cut', title: name }
  switch (kind) {
    case 'spend_limit':
      return subject.type === 'organization' ? (
        <Link {...looks} to="/spend">
          {shown}
        </Link>
      ) : (
        <Link {...looks} to="/projects/$projectId/spend" params={{ projectId: subject.id }}>
          {shown}
        </Link>
      )
    case 'rate_limit':
    case 'calls_limited':
      return project === null ? (
        <Link {...looks} to="/limits" search={{ name }}>
          {shown}
        </Link>
      ) : (
        <Link {...looks} to="/projects/$projectId/limits" params={{ projectId: project.id }} search={{ name }}>
          {shown}
        </Link>
      )
    case 'key_expiring':
    case 'key_unused':
      // Who is told of their own keys alone may not see the lists of all.
      return !seesAll ? (
        <Link {...looks} to="/profile/keys">
          {shown}
        </Link>
      ) : project === null ? (
        <Link {...looks} to="/keys" search={{ name }}>
          {shown}
        </Link>
      ) : (
        <Link {...looks} to="/projects/$projectId/keys" params={{ projectId: project.id }} search={{ name }}>
          {shown}
        </Link>
      )
    case 'calls_refused':
      return (
        <Link {...looks} to="/audit-log" search={{ type: 'login.failed', actor: subject.id }}>
          {shown}
        </Link>
      )
    case 'certificate_expiring':
      return (
        <Link {...looks} to="/certificates/$certificateId" params={{ certificateId: subject.id }}>
          {shown}
        </Link>
      )
  }
}
