import { useNavigate, useParams } from '@tanstack/react-router'
import { organizationPages, projectPages } from '../navigation.tsx'
import type { Option } from './option.ts'

/** What people call a page besides its name. */
const also: Partial<Record<(typeof organizationPages | typeof projectPages)[number]['to'], string>> = {
  '/': 'start attention overview',
  '/people': 'users members team invites',
  '/usage': 'tokens requests money report chart',
  '/spend': 'budget money limit alerts',
  '/limits': 'quota tokens requests per minute',
  '/audit-log': 'history events changes',
  '/settings': 'organization retention',
  '/profile/keys': 'tokens secrets my',
  '/projects/$projectId/keys': 'tokens secrets',
  '/projects/$projectId/members': 'users people team',
  '/projects/$projectId/limits': 'quota tokens requests per minute',
  '/projects/$projectId/spend': 'budget money limit alerts',
  '/projects/$projectId/settings': 'rename archive',
}

/** Every page by its name: those of the project that one is in first. */
export function usePlaces(): Option[] {
  const navigate = useNavigate()
  const { projectId } = useParams({ strict: false })
  const place = (page: (typeof organizationPages | typeof projectPages)[number], description: string) => ({
    ...{ id: page.to, label: page.word, description, icon: page.icon, also: also[page.to] },
  })
  return [
    ...(projectId === undefined
      ? []
      : projectPages.map((page) => ({
          ...place(page, 'This project'),
          go: () => void navigate({ to: page.to, params: { projectId } }),
        }))),
    ...organizationPages.map((page) => ({
      ...place(page, 'Organization'),
      go: () => void navigate({ to: page.to }),
    })),
    {
      ...{ id: '/profile', label: 'Profile and sessions', description: 'Yours', icon: 'person' as const },
      ...{ also: 'change password sign out everywhere', go: () => void navigate({ to: '/profile' }) },
    },
  ]
}
