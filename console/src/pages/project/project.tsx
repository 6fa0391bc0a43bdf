import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Failure } from '../../patterns/failure.tsx'
import { Page } from '../../patterns/page.tsx'
import { Waiting } from '../../patterns/waiting.tsx'
import { type Project, useProject } from './known.ts'

type ProjectPageProps = {
  /** What of the project the page shows. */
  title: string
  lead?: string
  actions?: (project: Project) => ReactNode
  children: (project: Project) => ReactNode
}

/** A page of one project, once that is known. */
export function ProjectPage({ title, lead, actions, children }: ProjectPageProps) {
  const { projectId } = useParams({ from: '/inside/projects/$projectId' })
  const { project, error, again } = useProject(projectId)
  const above = (
    <span className="cut">
      <Link to="/projects">Projects</Link> / {project?.name ?? '…'}
    </span>
  )
  return (
    <Page {...{ title, lead, above }} actions={project && actions?.(project)}>
      {project?.status === 'archived' && (
        <p className="notice warn archived">This project is archived: it cannot be used or changed any more.</p>
      )}
      {project ? children(project) : error ? <Failure error={error} again={again} /> : <Waiting />}
    </Page>
  )
}

/** What is said to who may not change a project. */
const OWNERS = 'Owners of the project, and of the organization, can do this. Ask one of them.'

/** Null for who may change the project, else why it cannot be done. */
export const deniedIn = (project: Project, permission = 'api.management.write'): string | null =>
  project.may(permission) ? null : OWNERS

/** Null for who may make a key of their own in the project, else why not. */
export const deniedKey = (project: Project): string | null =>
  project.may('api.model.request') ? null : 'Members of this project make keys. Ask one of its owners to add you.'
