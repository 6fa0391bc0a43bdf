import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { figure } from '../../patterns/figures.ts'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Search } from '../../patterns/search.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import type { Project } from './known.ts'
import { EDITOR, EditMaximum, Maximum } from './limits/maximum.tsx'
import { nameOf, type Row, rowsOf } from './limits/row.ts'
import { Resets, Used } from './limits/used.tsx'
import { deniedIn, ProjectPage } from './project.tsx'

/** Often enough to see a limit fill and empty, and seldom enough to be no load. */
const LIVE = 5000

/** How much of each model the project may use in a minute or a day, and what of it is used. */
export const Limits = () => (
  <ProjectPage
    title="Rate limits"
    lead="What a project may use of each model. Where its organization has a maximum too, that is shared by all projects; the one of which less is left binds."
  >
    {(project) =>
      project.may('api.model.request') || project.may('api.management.read') ? (
        <LimitTable project={project} />
      ) : (
        <Empty
          title="What is limited here"
          words="The limits of a project are shown to its members. Ask one of its owners to add you."
        />
      )
    }
  </ProjectPage>
)

function LimitTable({ project }: { project: Project }) {
  const { after, name } = useSearch({ from: '/inside/projects/$projectId/limits' })
  const navigate = useNavigate()
  const { open, close, rowOf } = useOpened<'edit'>()
  const [seesUse, seesAll] = [project.may('api.model.request'), project.may('api.management.read')]
  const of = { params: { project_id: project.id } }
  const base = '/v1/organization/projects/:project_id/rate_limits'
  const uses = useRead(`GET ${base}/usage`, { ...of, query: { after, name } }, seesUse, LIVE)
  // What has no limit is not among what is used of limits: that a model counts it is told by the list of all.
  const limits = useRead(`GET ${base}`, { ...of, query: { after, limit: seesUse ? 1000 : 20 } }, seesAll)
  const shown = seesUse ? uses : limits
  const isWhole = shown.data && (!seesAll || limits.data || limits.error)
  const data = isWhole ? { ...shown.data, data: rowsOf(uses.data?.data, limits.data?.data) } : undefined
  const denied = deniedIn(project)
  const canEdit = project.status === 'active' && seesAll
  const edited = canEdit ? rowOf('edit', data?.data, ({ key }) => key, denied)?.key : undefined
  const columns: Column<Row>[] = [
    {
      title: 'Model',
      cell: ({ model, counts }) => (
        <div className="two">
          <Name>{nameOf(model)}</Name>
          <span className="muted">{counts}</span>
        </div>
      ),
    },
    {
      title: 'Maximum',
      as: 'number',
      cell: (row) =>
        row.key === edited ? <EditMaximum projectId={project.id} row={row} onClose={close} /> : <Maximum of={row} />,
    },
    {
      title: 'Organization',
      as: 'wide number',
      cell: ({ organization }) => (organization === null ? <span className="muted">None</span> : figure(organization)),
    },
    { title: 'Used now', cell: (row) => <Used of={row} /> },
    { title: 'All left again', as: 'wide', cell: (row) => <Resets of={row} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: ({ key, counts, model }) =>
        key === edited ? (
          <>
            <Button size="compact-xs" type="submit" form={EDITOR}>
              Save
            </Button>
            <Button variant="subtle" color="gray" size="compact-xs" onClick={close}>
              Cancel
            </Button>
          </>
        ) : (
          <RowAct denied={denied} word="Edit" of={`${counts} of ${nameOf(model)}`} onClick={() => open('edit', key)} />
        ),
    },
  ]
  return (
    <>
      {seesUse && (
        <div className="filters">
          <Search
            label="Find a model by its name"
            value={name}
            onSearch={(name) => void navigate({ to: '.', search: { name } as never, replace: true })}
          />
        </div>
      )}
      <List
        label="Rate limits"
        read={{ data, error: shown.error, refetch: shown.refetch }}
        columns={canEdit ? columns : columns.slice(0, -1)}
        keyOf={({ key }) => key}
        after={after}
        empty={
          <Empty title="Nothing found" words={`No model that this server offers has '${name ?? ''}' in its name.`} />
        }
      />
    </>
  )
}
