import { Button, Drawer } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { CallError } from '../api/call.ts'
import { Failure } from '../patterns/failure.tsx'
import { Icon } from '../patterns/icons.tsx'
import { Page } from '../patterns/page.tsx'
import { showsPagesOf } from '../session/ends.ts'
import { useMe } from '../session/me.ts'
import { Brand, Navigation } from './navigation.tsx'
import { Palette } from './palette.tsx'

/** What is around every page of who is signed in. */
export function Shell() {
  const me = useMe()
  const [menu, show] = useState(false)
  const who = me.data?.id
  useEffect(() => {
    if (who !== undefined) showsPagesOf(who)
  }, [who])
  // Who is signed out is on the way to the sign-in.
  if (me.isPending || (me.error instanceof CallError && me.error.status === 401)) return null
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <nav className="side" aria-label="Pages">
        <Navigation />
      </nav>
      <nav className="top" aria-label="Top">
        <Brand />
        <Button variant="default" leftSection={<Icon name="menu" />} onClick={() => show(true)}>
          Menu
        </Button>
      </nav>
      <Drawer opened={menu} onClose={() => show(false)} title="Menu">
        <nav className="side in-drawer" aria-label="Pages">
          <Navigation onGo={() => show(false)} />
        </nav>
      </Drawer>
      {me.error ? (
        <Page title="The server does not answer">
          <Failure error={me.error} again={() => void me.refetch()} />
        </Page>
      ) : (
        <Outlet />
      )}
      <Palette />
    </div>
  )
}
