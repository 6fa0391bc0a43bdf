import type { Reply } from '../../../api/operations.ts'
import { useChange, useRead } from '../../../api/query.ts'
import { RowAct } from '../../../patterns/act.tsx'
import { Failure } from '../../../patterns/failure.tsx'
import { Section } from '../../../patterns/page.tsx'
import { type Column, Table } from '../../../patterns/table.tsx'
import { told } from '../../../patterns/told.ts'
import { useDenied } from '../../../session/may.ts'
import type { Project } from '../known.ts'

type Tools = Reply<'GET /v1/organization/projects/:project_id/hosted_tool_permissions'>
type Tool = keyof Tools

const tools: Record<Tool, { name: string; does: string }> = {
  web_search: { name: 'Web search', does: 'Looks things up on the web' },
  file_search: { name: 'File search', does: 'Looks things up in files that were uploaded' },
  code_interpreter: { name: 'Code interpreter', does: 'Writes programs and runs them' },
  image_generation: { name: 'Image generation', does: 'Makes pictures' },
  mcp: { name: 'MCP', does: 'Calls tools of other servers' },
}

/** Which tools that the model server itself runs the project may use. */
export function ToolSection({ project }: { project: Project }) {
  const params = { project_id: project.id }
  const read = useRead('GET /v1/organization/projects/:project_id/hosted_tool_permissions', { params })
  const denied = useDenied()
  const { mutate } = useChange('POST /v1/organization/projects/:project_id/hosted_tool_permissions', () =>
    told('The tools of the project are changed: it holds from the next call'),
  )
  if (read.error && !read.data) return <Failure error={read.error} again={() => void read.refetch()} />
  const isOn = (tool: Tool) => read.data?.[tool].enabled === true
  const toggle = (tool: Tool) =>
    mutate({ params, body: { [tool]: { enabled: !isOn(tool) } } }, { onError: ({ message }) => told(message) })
  const columns: Column<Tool>[] = [
    {
      title: 'Tool',
      cell: (tool) => (
        <div className="two">
          <div className="strong">{tools[tool].name}</div>
          <div className="muted">{tools[tool].does}</div>
        </div>
      ),
    },
    {
      title: 'Status',
      cell: (tool) =>
        isOn(tool) ? <span className="badge good">Allowed</span> : <span className="badge">Refused</span>,
    },
    {
      title: 'Actions',
      as: 'end',
      cell: (tool) => (
        <RowAct
          denied={denied}
          word={isOn(tool) ? 'Refuse' : 'Allow'}
          of={tools[tool].name}
          onClick={() => toggle(tool)}
        />
      ),
    },
  ]
  return (
    <Section
      title="Hosted tools"
      lead="Tools that the model server runs itself. A call that asks for one that is not allowed is refused."
    >
      <Table
        label="Hosted tools"
        rows={read.data && (Object.keys(tools) as Tool[])}
        columns={project.status === 'active' ? columns : columns.slice(0, -1)}
        keyOf={(tool) => tool}
      />
    </Section>
  )
}
