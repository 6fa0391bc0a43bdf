import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Empty } from '../../patterns/empty.tsx'
import { Shown } from '../usage/shown.tsx'
import { useProject } from './known.ts'
import { ProjectPage } from './project.tsx'

const words = { title: 'Usage and costs', lead: 'What the project used, and what it cost by your prices.' }

/** What was used in a project. */
export function ProjectUsage() {
  const view = useSearch({ from: '/inside/projects/$projectId/usage' })
  const { projectId } = useParams({ from: '/inside/projects/$projectId' })
  const { project } = useProject(projectId)
  const navigate = useNavigate()
  if (!project?.may('api.management.read')) {
    return (
      <ProjectPage {...words}>
        {() => <Empty title="What was used" words="What a project uses is shown to its owners." />}
      </ProjectPage>
    )
  }
  return (
    <Shown
      view={view}
      own={projectId}
      show={(change) =>
        void navigate({
          to: '/projects/$projectId/usage',
          params: { projectId },
          search: { ...view, ...change },
          replace: true,
        })
      }
    >
      {(actions, matter) => (
        <ProjectPage {...words} actions={() => actions}>
          {() => matter}
        </ProjectPage>
      )}
    </Shown>
  )
}
