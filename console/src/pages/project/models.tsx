import { Empty } from '../../patterns/empty.tsx'
import { useMay } from '../../session/may.ts'
import { ModelSection } from './models/model-section.tsx'
import { ToolSection } from './models/tool-section.tsx'
import { ProjectPage } from './project.tsx'

/** What of what the organization can use the project may use. */
export function Models() {
  const sees = useMay('api.management.read')
  return (
    <ProjectPage
      title="Models and tools"
      lead="Which models and hosted tools this project may use. The organization rules it; a call of others is refused."
    >
      {(project) =>
        sees ? (
          <>
            <ModelSection project={project} />
            <ToolSection project={project} />
          </>
        ) : (
          <Empty
            title="What may be used here"
            words="Which models and tools a project may use is shown to the owners of the organization."
          />
        )
      }
    </ProjectPage>
  )
}
