import type { MantineColorScheme } from '@mantine/core'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useDenied } from '../../session/may.ts'
import { tellNotSignedOut, useSignOut } from '../../session/sign-out.ts'
import { useLooks } from '../../theme/looks.ts'
import type { Option } from './option.ts'

const looks: readonly [MantineColorScheme, string][] = [
  ['light', 'Look light'],
  ['dark', 'Look dark'],
  ['auto', 'Look as the system does'],
]

/** What can be done from anywhere. What somebody may not do says who can; the page that it leads to does so too. */
export function useActions(): Option[] {
  const navigate = useNavigate()
  const denied = useDenied()
  const { projectId } = useParams({ strict: false })
  const { setColorScheme } = useLooks()
  const signOut = useSignOut()
  const search = { open: 'new' }
  return [
    {
      ...{ id: 'new-project', label: 'New project', description: denied ?? 'Organization', icon: 'plus' },
      ...{ also: 'create add', go: () => void navigate({ to: '/projects', search }) },
    },
    {
      ...{ id: 'invite', label: 'Invite somebody', description: denied ?? 'Organization', icon: 'plus' },
      ...{ also: 'add user person member new', go: () => void navigate({ to: '/people', search }) },
    },
    ...(projectId === undefined
      ? []
      : [
          {
            ...{ id: 'new-key', label: 'New key', description: 'This project', icon: 'plus' as const },
            also: 'create add make token secret',
            go: () => void navigate({ to: '/projects/$projectId/keys', params: { projectId }, search }),
          },
        ]),
    ...looks.map(([scheme, label]) => ({
      ...{ id: `look-${scheme}`, label, description: 'Appearance', icon: 'settings' as const },
      ...{ also: 'theme mode', go: () => setColorScheme(scheme) },
    })),
    {
      ...{ id: 'sign-out', label: 'Sign out', description: 'Yours', icon: 'out' },
      ...{ also: 'log leave end session', go: () => signOut.mutate({ body: {} }, { onError: tellNotSignedOut }) },
    },
  ]
}
