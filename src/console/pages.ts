/** The first steps of the paths that are pages of the console, besides `/`: the rest of each is the browser's to read. */
const pages: ReadonlySet<string> = new Set([
  'admin-keys',
  'audit-log',
  'certificates',
  'groups',
  'invite',
  'keys',
  'limits',
  'people',
  'playground',
  'profile',
  'projects',
  'roles',
  'settings',
  'sign-in',
  'spend',
  'usage',
  'webhooks',
])

/** Whether a path is a page of the console, as far as its first step says. @param path without a query */
export const isPage = (path: string): boolean => path === '/' || pages.has(path.slice(1).split('/', 1)[0] ?? '')
