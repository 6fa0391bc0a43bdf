import { Link } from '@tanstack/react-router'
import { Command } from '../../patterns/command.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Section } from '../../patterns/page.tsx'
import { Spent } from '../spend/spent.tsx'
import type { Project } from './known.ts'
import { ProjectAttention } from './overview/attention.tsx'
import { Facts } from './overview/facts.tsx'
import { Fullest } from './overview/fullest.tsx'
import { useOverview } from './overview/read.ts'
import { ProjectPage } from './project.tsx'

/** What a project is, what of its limits and money is used now, what needs attention, and how it is called. */
export const Overview = () => <ProjectPage title="Overview">{(project) => <Whole project={project} />}</ProjectPage>

function Whole({ project }: { project: Project }) {
  const overview = useOverview(project)
  const { may, spend } = overview
  const params = { projectId: project.id }
  return (
    <>
      <Facts {...{ project, overview }} />
      {project.status === 'active' && <ProjectAttention {...{ project, overview }} />}
      {may.spend && (
        <Section
          title="Spent this month"
          actions={
            <Link to="/projects/$projectId/spend" params={params}>
              Limit and alerts
            </Link>
          }
        >
          {spend.error && !spend.data ? (
            <Failure error={spend.error} again={() => void spend.refetch()} />
          ) : (
            <Spent use={spend.data} whose={project} />
          )}
        </Section>
      )}
      {may.limits && <Fullest {...{ project, overview }} />}
      {project.status === 'active' && (
        <Section
          title="Call a model"
          lead="Any OpenAI client works: it takes these two variables."
          actions={
            <Link to="/playground" search={{ project: project.id }}>
              Try it in the playground
            </Link>
          }
        >
          <Command
            label="The variables of an OpenAI client"
            text={`export OPENAI_BASE_URL=${location.origin}/v1\nexport OPENAI_API_KEY=sk-proj-…`}
          />
        </Section>
      )}
    </>
  )
}
