import { Empty } from '../../patterns/empty.tsx'
import { useDenied } from '../../session/may.ts'
import { Alerts, Month } from '../spend/sections.tsx'
import type { Project } from './known.ts'
import { deniedIn, ProjectPage } from './project.tsx'

/** What the project spends, at most and before somebody is told. */
export const Spend = () => (
  <ProjectPage title="Spend" lead="Money is counted by the prices of the models, from the first of each month, UTC.">
    {(project) =>
      project.may('api.management.read') ? (
        <Sections project={project} />
      ) : (
        <Empty title="What is spent" words="What a project spends is shown to its owners." />
      )
    }
  </ProjectPage>
)

/** The limit is the organization's to set; who is told of what is spent, the project's owners decide as well. */
function Sections({ project }: { project: Project }) {
  const isFixed = project.status === 'archived'
  return (
    <>
      <Month whose={project} denied={useDenied()} isFixed={isFixed} />
      <Alerts whose={project} denied={deniedIn(project)} isFixed={isFixed} />
    </>
  )
}
