import { useNavigate, useSearch } from '@tanstack/react-router'
import { useRead } from '../api/query.ts'
import { Command } from '../patterns/command.tsx'
import { Empty } from '../patterns/empty.tsx'
import { figure } from '../patterns/figures.ts'
import { List } from '../patterns/list.tsx'
import { Page } from '../patterns/page.tsx'
import { Search } from '../patterns/search.tsx'
import { type Column, Name } from '../patterns/table.tsx'
import { useMay } from '../session/may.ts'
import { nameOf, type Row, rowsOf } from './project/limits/row.ts'
import { Resets, Used } from './project/limits/used.tsx'

/** Often enough to see a limit fill and empty, and seldom enough to be no load. */
const LIVE = 5000

const EXAMPLE = `models:
  my-model:
    organization_limits: { max_requests_per_1_minute: 500 }`

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
  { title: 'Maximum', as: 'wide number', cell: ({ organization }) => organization !== null && figure(organization) },
  { title: 'Used now', cell: (row) => <Used of={row} /> },
  { title: 'All left again', as: 'wide', cell: (row) => <Resets of={row} /> },
]

/** How much of each model all projects may use together, and what of it is used. */
export function Limits() {
  const reads = useMay('api.management.read')
  return (
    <Page
      title="Rate limits"
      lead="What all projects may use of each model together. The operator sets it in the server’s configuration file; what a project may use of it stands on the project’s page."
    >
      {reads ? (
        <LimitTable />
      ) : (
        <Empty title="What is limited here" words="The limits of the organization are shown to its owners." />
      )}
    </Page>
  )
}

function LimitTable() {
  const { after, name } = useSearch({ from: '/inside/limits' })
  const navigate = useNavigate()
  const uses = useRead('GET /v1/organization/rate_limits/usage', { query: { after, name } }, true, LIVE)
  const data = uses.data && { ...uses.data, data: rowsOf(uses.data.data, undefined) }
  return (
    <>
      <div className="filters">
        <Search
          label="Find a model by its name"
          value={name}
          onSearch={(name) => void navigate({ to: '/limits', search: { name }, replace: true })}
        />
      </div>
      <List
        label="Rate limits"
        read={{ data, error: uses.error, refetch: uses.refetch }}
        columns={columns}
        keyOf={({ key }) => key}
        after={after}
        empty={
          name === undefined ? (
            <Empty
              title="No limits of the organization"
              words="Each project is limited by itself. The operator can limit all of them together: with organization_limits of a model in the configuration file, which holds from the next start."
              action={<Command label="What the configuration file says" text={EXAMPLE} />}
            />
          ) : (
            <Empty
              title="Nothing found"
              words={`No model with a limit of the organization has '${name}' in its name.`}
            />
          )
        }
      />
    </>
  )
}
