import { Link, useSearch } from '@tanstack/react-router'
import { Command } from '../patterns/command.tsx'
import { Page, Section } from '../patterns/page.tsx'
import { Attention } from './attention/attention.tsx'
import { useProjects } from './listed.ts'
import { ProjectTable } from './project-table.tsx'

/** Where one begins: what needs attention, the projects, and the first call. */
export function Home() {
  const { all } = useSearch({ from: '/inside/' })
  const projects = useProjects({ limit: 5 })
  return (
    <Page title="Home" lead="What your organization has on this server.">
      <Attention all={all === true} />
      <Section title="Projects" actions={<Link to="/projects">All projects</Link>}>
        <ProjectTable read={projects} excerpt />
      </Section>
      <Section
        title="Call a model"
        lead="Make a key in a project, then point any OpenAI client to this server: only the base URL differs."
      >
        <Command
          label="A first call from a shell"
          text={`curl ${location.origin}/v1/models -H "Authorization: Bearer $OPENAI_API_KEY"`}
        />
      </Section>
    </Page>
  )
}
