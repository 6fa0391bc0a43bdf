import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Danger, type End } from '../../patterns/danger.tsx'
import { Said } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { told } from '../../patterns/told.ts'
import type { Project } from './known.ts'
import { deniedIn, ProjectPage } from './project.tsx'

/** What can be changed of a project itself, and its end. */
export const Settings = () => (
  <ProjectPage title="Settings">
    {(project) =>
      project.status === 'active' && (
        <>
          <Rename key={project.name} project={project} />
          <Section title="Danger zone">
            <Archive project={project} />
          </Section>
        </>
      )
    }
  </ProjectPage>
)

function Rename({ project }: { project: Project }) {
  const [name, type] = useState(project.name)
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects/:project_id', ({ name }) =>
    told(`The project is '${name}' now`),
  )
  const denied = deniedIn(project)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ params: { project_id: project.id }, body: { name } })
  }
  return (
    <form className="stack narrow" onSubmit={submit}>
      <TextInput
        label="Name"
        description={denied ?? 'As it appears in reports.'}
        readOnly={denied !== null}
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        autoComplete="off"
      />
      {error && <Said error={error} />}
      <div>
        <Button type="submit" loading={isPending} disabled={denied !== null || name.trim() === project.name}>
          Save
        </Button>
      </div>
    </form>
  )
}

function Archive({ project }: { project: Project }) {
  const { close } = useOpened<End>()
  const change = useChange('POST /v1/organization/projects/:project_id/archive', ({ name }) => {
    told(`Project '${name}' is archived`)
    close()
  })
  return (
    <Danger
      action="Archive project"
      title="Archive this project"
      words="Its keys stop working at once and nobody can use it again. Its usage stays in the reports. There is no way back."
      loss="All of its keys stop working at once, for good."
      name={project.name}
      denied={deniedIn(project)}
      onConfirm={() => change.mutate({ params: { project_id: project.id } })}
      change={change}
    />
  )
}
