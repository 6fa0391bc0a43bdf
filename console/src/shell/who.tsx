import { Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Icon } from '../patterns/icons.tsx'
import { useMe } from '../session/me.ts'
import { tellNotSignedOut, useSignOut } from '../session/sign-out.ts'
import { useLooks } from '../theme/looks.ts'

const schemes = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const

/** Who is signed in, how the pages look, and the way out. */
export function Who() {
  const { colorScheme, setColorScheme } = useLooks()
  const navigate = useNavigate()
  const me = useMe().data
  const signOut = useSignOut()
  return (
    <Menu position="top-start" width={208} shadow="md">
      <Menu.Target>
        <button type="button" className="nav-item">
          <Icon name="person" />
          <span className="who">
            <b className="cut">{me?.name || me?.email}</b>
            <span className="cut">{me?.organization.name}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="person" />} onClick={() => void navigate({ to: '/profile' })}>
          Profile and sessions
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(([value, word]) => (
          <Menu.RadioItem
            key={value}
            value={value}
            checked={colorScheme === value}
            checkIcon={<Icon name="check" />}
            onChange={() => setColorScheme(value)}
          >
            {word}
          </Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="out" />}
          onClick={() => signOut.mutate({ body: {} }, { onError: tellNotSignedOut })}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
