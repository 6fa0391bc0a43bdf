import { Link } from '@tanstack/react-router'
import { Empty } from '../patterns/empty.tsx'
import { Page, Section } from '../patterns/page.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { Alerts, Month } from './spend/sections.tsx'

/** What all projects of the organization spend together. */
export function Spend() {
  const denied = useDenied()
  return (
    <Page
      title="Spend"
      lead="What all projects spend together, counted by the prices of the models, from the first of each month, UTC."
    >
      {useMay('api.management.read') ? (
        <>
          <Month whose="organization" denied={denied} />
          <Alerts whose="organization" denied={denied} />
          <Section
            title="By project"
            lead="A project has a limit and alerts of its own, on its page; whichever limit is reached first holds."
            actions={
              <Link to="/usage" search={{ measure: 'money', by: 'project', days: 30 }}>
                What each has spent
              </Link>
            }
          />
        </>
      ) : (
        <Empty title="What is spent" words="What the organization spends is shown to its owners." />
      )}
    </Page>
  )
}
