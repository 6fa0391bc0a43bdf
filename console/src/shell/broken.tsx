import { Button } from '@mantine/core'
import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Said } from '../patterns/failure.tsx'
import { Page } from '../patterns/page.tsx'
import { loadsAnew } from './outdated.ts'

/** An address that is no page. */
export function NotThere() {
  return (
    <Page title="There is no such page" lead="The link may be incomplete, or what it led to is gone.">
      <Link to="/">Go to the start</Link>
    </Page>
  )
}

/** A page that failed in a way that nobody foresaw. */
export function Broken({ error }: ErrorComponentProps) {
  const [isFailed, fail] = useState(false)
  useEffect(() => fail(!loadsAnew()), [])
  if (!isFailed) return null
  return (
    <Page title="This page failed">
      <div className="failure">
        <Said error={error instanceof Error ? error : new Error(String(error))} />
        <Button onClick={() => location.reload()}>Load it again</Button>
      </div>
    </Page>
  )
}
