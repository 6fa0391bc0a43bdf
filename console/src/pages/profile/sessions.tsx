import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { Ask } from '../../patterns/confirm.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { useSignOut } from '../../session/sign-out.ts'
import { SessionTable } from './session-table.tsx'

/** Where one is signed in. */
export function Sessions() {
  const { after } = useSearch({ from: '/inside/profile' })
  const { isOpen, open, close } = useOpened<'everywhere'>()
  const everywhere = useSignOut()
  return (
    <Section
      title="Sessions"
      lead="Sign out what you do not recognize, then change the password."
      actions={
        <Button variant="default" onClick={() => open('everywhere')}>
          Sign out everywhere
        </Button>
      }
    >
      <SessionTable after={after} />
      <Ask
        title="Sign out everywhere?"
        words="All of your sessions end, this one too. Keys go on working."
        action="Sign out everywhere"
        opened={isOpen('everywhere')}
        onClose={close}
        onConfirm={() => everywhere.mutate({ body: { everywhere: true } })}
        busy={everywhere.isPending}
        error={everywhere.error}
      />
    </Section>
  )
}
