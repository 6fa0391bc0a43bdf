import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Confirm } from '../../patterns/confirm.tsx'
import { Section } from '../../patterns/page.tsx'
import { useSignOut } from '../../session/sign-out.ts'
import { SessionTable } from './session-table.tsx'

/** Where one is signed in. */
export function Sessions() {
  const { after } = useSearch({ from: '/inside/profile' })
  const [isAsked, ask] = useState(false)
  const everywhere = useSignOut()
  return (
    <Section
      title="Sessions"
      lead="Sign out what you do not recognize, then change the password."
      actions={
        <Button variant="default" onClick={() => ask(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <SessionTable after={after} />
      <Confirm
        title="Sign out everywhere?"
        words="All of your sessions end, this one too. Keys go on working."
        action="Sign out everywhere"
        opened={isAsked}
        onClose={() => ask(false)}
        onConfirm={() => everywhere.mutate({ body: { everywhere: true } })}
        busy={everywhere.isPending}
        error={everywhere.error}
      />
    </Section>
  )
}
