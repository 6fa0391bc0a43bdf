import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useProjects } from '../pages/listed.ts'
import { Icon } from '../patterns/icons.tsx'
import { organizationPages, projectPages } from './navigation.tsx'

export const openPalette = (): void => spotlight.open()

/** Every page and project by its name, from the keyboard. */
export function Palette() {
  const navigate = useNavigate()
  const [isOpen, open] = useState(false)
  const { projectId } = useParams({ strict: false })
  const projects = useProjects({ limit: 100 }, isOpen)
  const actions: SpotlightActionData[] = [
    ...(projectId === undefined
      ? []
      : projectPages.map(({ to, word, icon }) => ({
          ...{ id: to, label: word, description: 'This project', leftSection: <Icon name={icon} /> },
          onClick: () => void navigate({ to, params: { projectId } }),
        }))),
    ...organizationPages.map(({ to, word, icon }) => ({
      ...{ id: to, label: word, description: 'Organization', leftSection: <Icon name={icon} /> },
      onClick: () => void navigate({ to }),
    })),
    ...(projects.data?.data ?? []).map(({ id, name }) => ({
      ...{ id, label: name, description: 'Project', keywords: id, leftSection: <Icon name="projects" /> },
      onClick: () => void navigate({ to: '/projects/$projectId', params: { projectId: id } }),
    })),
  ]
  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K', '/']}
      nothingFound="Nothing has this name"
      highlightQuery
      limit={12}
      lockScroll={false}
      onSpotlightOpen={() => open(true)}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: 'Go to a page or a project',
        'aria-label': 'Find',
      }}
    />
  )
}
