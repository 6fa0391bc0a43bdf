import { SegmentedControl } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useChange } from '../api/query.ts'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { NameSheet } from '../patterns/name-sheet.tsx'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import { Search } from '../patterns/search.tsx'
import { told } from '../patterns/told.ts'
import { useDenied, useMay } from '../session/may.ts'
import { useProjects } from './listed.ts'
import { ProjectTable } from './project-table.tsx'

/** All projects of the organization. */
export function Projects() {
  const { after, archived, name } = useSearch({ from: '/inside/projects' })
  const navigate = useNavigate()
  const { isOpen, open, close } = useOpened<'new'>()
  const denied = useDenied()
  const seesAll = useMay('api.management.read')
  const projects = useProjects({ after, name, include_archived: archived === true, limit: 100 })
  const create = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New project
    </Act>
  )
  return (
    <Page
      title="Projects"
      lead="A project has its own members, keys, limits and budget. What one is allowed says nothing about another."
      actions={create}
    >
      <div className="filters">
        <Search
          label="Find a project by its name"
          value={name}
          onSearch={(name) => void navigate({ to: '/projects', search: { archived, name }, replace: true })}
        />
        {seesAll && (
          <SegmentedControl
            size="xs"
            aria-label="Which projects"
            value={archived === true ? 'all' : 'active'}
            onChange={(value) =>
              void navigate({
                to: '/projects',
                search: { name, archived: value === 'all' ? true : undefined },
                replace: true,
              })
            }
            data={[
              { value: 'active', label: 'Active' },
              { value: 'all', label: 'All' },
            ]}
          />
        )}
      </div>
      <ProjectTable
        read={projects}
        after={after}
        empty={
          name !== undefined ? (
            <Empty title="Nothing found" words={`No project that you may see has '${name}' in its name.`} />
          ) : !seesAll ? (
            <Empty
              title="You are in no project"
              words="Ask an owner of one, or of the organization, to add you: then it stands here, and you make keys in it."
            />
          ) : (
            <Empty
              title="No projects yet"
              words="Each app or team gets a project of its own, so that what it uses and spends is counted and limited apart."
              action={create}
              command={adminCurl('organization/projects', '{"name": "My project"}')}
            />
          )
        }
      />
      {isOpen('new', denied) && <NewProject onClose={close} />}
    </Page>
  )
}

function NewProject({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const { mutate, isPending, error } = useChange('POST /v1/organization/projects', ({ id, name }) => {
    told(`Project '${name}' is there`)
    void navigate({ to: '/projects/$projectId', params: { projectId: id }, replace: true })
  })
  return (
    <NameSheet
      {...{ title: 'New project', action: 'Create project', onClose, busy: isPending, error }}
      description="As it appears in reports. It can be changed later."
      onSubmit={(name) => mutate({ body: { name } })}
    />
  )
}
