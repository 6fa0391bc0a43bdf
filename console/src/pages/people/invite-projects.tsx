import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { Input } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Sought, useSought } from '../../patterns/sought.tsx'
import { Name } from '../../patterns/table.tsx'

type Way = 'default' | 'some' | 'none'
type ProjectRole = NonNullable<Input<'POST /v1/organization/invites'>['body']['projects']>[number]['role']
type Chosen = { id: string; name: string; role: ProjectRole }

/** In which projects somebody is to be once they accept. */
type Invited = { way: Way; chosen: readonly Chosen[] }
export const NOWHERE_SAID: Invited = { way: 'default', chosen: [] }

/** As the contract has it: nothing is the default project, an empty list is none. */
export const projectsOf = ({ way, chosen }: Invited): { projects?: Omit<Chosen, 'name'>[] } =>
  way === 'default' ? {} : { projects: way === 'none' ? [] : chosen.map(({ id, role }) => ({ id, role })) }

/** Whether projects are to be chosen, and none is. */
export const isLacking = ({ way, chosen }: Invited): boolean => way === 'some' && chosen.length === 0

type InviteProjectsProps = { value: Invited; onChange: (value: Invited) => void; isWrong: boolean }

/** Asks in which projects somebody is to be, and as what. */
export function InviteProjects({ value: { way, chosen }, onChange, isWrong }: InviteProjectsProps) {
  const change = (chosen: readonly Chosen[]) => onChange({ way, chosen })
  return (
    <>
      <NativeSelect
        label="Projects"
        description="What they are a member of once they accept. They can be added to more projects later."
        value={way}
        onChange={(event) => onChange({ way: event.currentTarget.value as Way, chosen })}
        data={[
          { value: 'default', label: 'The default project' },
          { value: 'some', label: 'Projects that I choose' },
          { value: 'none', label: 'None yet' },
        ]}
      />
      {way === 'some' && (
        <>
          {chosen.map((one) => (
            <div key={one.id} className="chosen">
              <Name>{one.name}</Name>
              <NativeSelect
                size="xs"
                aria-label={`Role in ${one.name}`}
                value={one.role}
                onChange={(event) => {
                  const role = event.currentTarget.value as ProjectRole
                  change(chosen.map((other) => (other.id === one.id ? { ...other, role } : other)))
                }}
                data={[
                  { value: 'member', label: 'Member' },
                  { value: 'owner', label: 'Owner' },
                ]}
              />
              <RowAct word="Leave out" of={one.name} onClick={() => change(chosen.filter(({ id }) => id !== one.id))} />
            </div>
          ))}
          <AddProject
            chosen={chosen}
            onAdd={(project) => change([...chosen, { ...project, role: 'member' }])}
            isWrong={isWrong}
          />
        </>
      )}
    </>
  )
}

/** So many an invite can name. */
const MOST = 100

type AddProjectProps = {
  chosen: readonly Chosen[]
  onAdd: (project: { id: string; name: string }) => void
  isWrong: boolean
}

function AddProject({ chosen, onAdd, isWrong }: AddProjectProps) {
  const [name, type] = useSought()
  const [typed, show] = useState('')
  const found = useRead('GET /v1/organization/projects', { query: { name, limit: 50 } })
  const others = (found.data?.data ?? []).filter(({ id }) => !chosen.some((one) => one.id === id))
  const isFull = chosen.length >= MOST
  return (
    <Sought
      label="Add a project"
      description={isFull ? `An invite names ${MOST} projects at most.` : undefined}
      disabled={isFull}
      error={isWrong && 'Choose a project, or none yet.'}
      // What is chosen stands above: the field is there for the next one.
      value={null}
      searchValue={typed}
      onSearchChange={(text) => {
        show(text)
        type(text)
      }}
      onChange={(id) => {
        const project = others.find((one) => one.id === id)
        if (!project) return
        onAdd({ id: project.id, name: project.name })
        show('')
        type('')
      }}
      found={others.map(({ id, name }) => [id, name])}
      nothingFoundMessage="No other project has this name"
      openOnFocus={false}
      comboboxProps={{ withinPortal: false }}
    />
  )
}
