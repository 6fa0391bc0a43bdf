import { Link, useParams } from '@tanstack/react-router'
import { useProject } from '../pages/project/known.ts'
import { Icon, type IconName } from '../patterns/icons.tsx'
import icon from '../theme/icon.svg'
import { openPalette } from './palette.tsx'
import { Who } from './who.tsx'

export const organizationPages = [
  { to: '/', word: 'Home', icon: 'home' },
  { to: '/projects', word: 'Projects', icon: 'projects' },
  { to: '/playground', word: 'Playground', icon: 'talk' },
  { to: '/people', word: 'People', icon: 'people' },
  { to: '/groups', word: 'Groups', icon: 'groups' },
  { to: '/roles', word: 'Roles', icon: 'role' },
  { to: '/keys', word: 'All keys', icon: 'key' },
  { to: '/admin-keys', word: 'Admin keys', icon: 'admin' },
  { to: '/certificates', word: 'Certificates', icon: 'seal' },
  { to: '/usage', word: 'Usage and costs', icon: 'chart' },
  { to: '/spend', word: 'Spend', icon: 'money' },
  { to: '/limits', word: 'Rate limits', icon: 'gauge' },
  { to: '/audit-log', word: 'Audit log', icon: 'log' },
  { to: '/webhooks', word: 'Webhooks', icon: 'hook' },
  { to: '/settings', word: 'Settings', icon: 'settings' },
  { to: '/profile/keys', word: 'Your keys', icon: 'key' },
] as const satisfies readonly { to: string; word: string; icon: IconName }[]

export const projectPages = [
  { to: '/projects/$projectId', word: 'Overview', icon: 'home' },
  { to: '/projects/$projectId/keys', word: 'API keys', icon: 'key' },
  { to: '/projects/$projectId/service-accounts', word: 'Service accounts', icon: 'machine' },
  { to: '/projects/$projectId/members', word: 'Members', icon: 'people' },
  { to: '/projects/$projectId/groups', word: 'Groups', icon: 'groups' },
  { to: '/projects/$projectId/roles', word: 'Roles', icon: 'role' },
  { to: '/projects/$projectId/limits', word: 'Rate limits', icon: 'gauge' },
  { to: '/projects/$projectId/usage', word: 'Usage and costs', icon: 'chart' },
  { to: '/projects/$projectId/spend', word: 'Spend', icon: 'money' },
  { to: '/projects/$projectId/models', word: 'Models and tools', icon: 'model' },
  { to: '/projects/$projectId/tiers', word: 'Tiers and retention', icon: 'layers' },
  { to: '/projects/$projectId/certificates', word: 'Certificates', icon: 'seal' },
  { to: '/projects/$projectId/settings', word: 'Settings', icon: 'settings' },
] as const satisfies readonly { to: string; word: string; icon: IconName }[]

export const Brand = () => (
  <Link to="/" className="brand">
    <img src={icon} alt="" />
    Gatehouse
  </Link>
)

/** The ways to all pages: those of the project that one is in, which are what one looks for there, then those of the organization. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const { projectId } = useParams({ strict: false })
  return (
    <>
      <Brand />
      <button type="button" className="nav-item nav-find" onClick={openPalette}>
        <Icon name="search" />
        Find…
        <kbd>{/Mac/.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      {projectId !== undefined && <ProjectNavigation projectId={projectId} onGo={onGo} />}
      <div>
        <h2>Organization</h2>
        <ul>
          {organizationPages.map(({ to, word, icon }) => (
            <li key={to}>
              <Link to={to} className="nav-item" activeOptions={{ exact: true, includeSearch: false }} onClick={onGo}>
                <Icon name={icon} />
                {word}
              </Link>
            </li>
          ))}
        </ul>
      </div>
      <div className="side-foot">
        <Who />
      </div>
    </>
  )
}

function ProjectNavigation({ projectId, onGo }: { projectId: string; onGo: (() => void) | undefined }) {
  const name = useProject(projectId).project?.name ?? 'Project'
  return (
    <div>
      <h2 className="cut" title={name}>
        {name}
      </h2>
      <ul>
        {projectPages.map(({ to, word, icon }) => (
          <li key={to}>
            <Link
              to={to}
              params={{ projectId }}
              className="nav-item"
              activeOptions={{ exact: true, includeSearch: false }}
              onClick={onGo}
            >
              <Icon name={icon} />
              {word}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
