import { useNavigate, useSearch } from '@tanstack/react-router'
import { Empty } from '../patterns/empty.tsx'
import { Page } from '../patterns/page.tsx'
import { useMay } from '../session/may.ts'
import { Shown } from './usage/shown.tsx'

const words = { title: 'Usage and costs', lead: 'What went through the gate, and what it cost by your prices.' }

/** What was used in the organization. */
export function Usage() {
  const view = useSearch({ from: '/inside/usage' })
  const navigate = useNavigate()
  const reads = useMay('api.usage.read')
  if (!reads) {
    return (
      <Page {...words}>
        <Empty title="What was used" words="Usage and costs are shown to the owners of the organization." />
      </Page>
    )
  }
  return (
    <Shown
      view={view}
      show={(change) => void navigate({ to: '/usage', search: { ...view, ...change }, replace: true })}
    >
      {(actions, matter) => (
        <Page {...words} actions={actions}>
          {matter}
        </Page>
      )}
    </Shown>
  )
}
