import type { ReactNode } from 'react'

/** Drawn here, on a grid of 16: a package of thousands for these few would be most of what is installed. */
const shapes = {
  home: <path d="M2.5 7.2 8 2.8l5.5 4.4v6a.8.8 0 0 1-.8.8H9.8v-3.6H6.2V14H3.3a.8.8 0 0 1-.8-.8z" />,
  projects: <path d="M2.2 4.2c0-.6.4-1 1-1h2.9l1.5 1.7h5.2c.6 0 1 .4 1 1v6.3c0 .6-.4 1-1 1H3.2c-.6 0-1-.4-1-1z" />,
  people: (
    <path d="M6.2 7.4a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM2 13.4c.2-2.4 1.9-3.9 4.2-3.9s4 1.5 4.2 3.9M10.6 3a2.2 2.2 0 0 1 0 4.2M12 9.9c1.2.6 1.9 1.8 2 3.5" />
  ),
  person: <path d="M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8Zm-5 5.6c.3-2.5 2.3-4 5-4s4.7 1.5 5 4" />,
  key: <path d="M10.3 8.8a3.3 3.3 0 1 0-3.1-2.2L2.5 11.3v2.2h2.3v-1.7h1.7V10l.8-.8c.8.2 2.2 0 3-.4ZM11 5.2h.01" />,
  admin: <path d="M8 1.9 3 3.8v3.7c0 3.2 2 5.5 5 6.6 3-1.1 5-3.4 5-6.6V3.8zM5.8 8l1.6 1.6 3-3.2" />,
  groups: (
    <path d="M8 6.6a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8ZM4 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM12 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM7.1 6.8 4.8 9.7M8.9 6.8l2.3 2.9" />
  ),
  role: <path d="M2.4 3.4h11.2v9.2H2.4zM4.8 6.4h2.4v3.2H4.8zM9.4 6.6h2.4M9.4 9.4h2.4" />,
  seal: <path d="M8 9.6a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2ZM5.8 9l-1 5L8 12.6 11.2 14l-1-5" />,
  gauge: <path d="M3.4 12.6a6 6 0 1 1 9.2 0M8 9.4l2.6-3.2" />,
  money: (
    <path d="M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12ZM9.8 6.2c-.3-.7-1-1-1.8-1-1 0-1.8.5-1.8 1.4 0 2 3.7.8 3.7 2.8 0 .9-.8 1.4-1.9 1.4-.9 0-1.6-.4-1.9-1.1M8 4.2v7.6" />
  ),
  machine: <path d="M3.4 6.2h9.2v6.6H3.4zM8 6.2V3.4M6 9.2h.01M10 9.2h.01M1.8 8.6v2M14.2 8.6v2" />,
  model: <path d="m8 2 5.2 3v6L8 14l-5.2-3V5zM2.8 5 8 8l5.2-3M8 8v6" />,
  layers: <path d="m8 2.6 6 3-6 3-6-3zM2.6 8.6 8 11.2l5.4-2.6M2.6 11 8 13.6 13.4 11" />,
  search: <path d="M7.2 11.9a4.7 4.7 0 1 0 0-9.4 4.7 4.7 0 0 0 0 9.4Zm3.4-1.3 3.1 3.1" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  plus: <path d="M8 3.2v9.6M3.2 8h9.6" />,
  copy: (
    <path d="M5.7 5.7V3.6c0-.5.4-.9.9-.9h5.8c.5 0 .9.4.9.9v5.8c0 .5-.4.9-.9.9h-2.1M3.6 5.7h5.8c.5 0 .9.4.9.9v5.8c0 .5-.4.9-.9.9H3.6a.9.9 0 0 1-.9-.9V6.6c0-.5.4-.9.9-.9Z" />
  ),
  check: <path d="m3.2 8.4 3 3 6.6-6.8" />,
  settings: (
    <path d="M2.5 4.7h6.2M12.3 4.7h1.2M2.5 11.3h1.2M7.3 11.3h6.2M10.5 6.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM5.5 13.1a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z" />
  ),
  out: <path d="M6.3 13.5H3.6a.9.9 0 0 1-.9-.9V3.4c0-.5.4-.9.9-.9h2.7M10.3 11l3-3-3-3M13.1 8H6.3" />,
  right: <path d="m6.2 4 4 4-4 4" />,
  more: <path d="M3.2 8h.01M8 8h.01M12.8 8h.01" />,
  down: <path d="M8 2.8v7.4M4.8 7.2 8 10.4l3.2-3.2M3 13.2h10" />,
  log: <path d="M3.2 2.5h6.6l3 3v8H3.2zM9.6 2.7v3h3M5.4 8.4h5.2M5.4 10.8h5.2" />,
  talk: (
    <path d="M3.4 3h9.2c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H7.4L4.6 13.4V11H3.4c-.6 0-1-.4-1-1V4c0-.6.4-1 1-1ZM5.4 6h5.2M5.4 8.2h3" />
  ),
  hook: (
    <path d="M6.3 7.2a2.6 2.6 0 1 1 3.6-2.4M6.3 7.2l-2 3.6M9.3 6l2.1 3.7M11.4 9.7a2 2 0 1 1-1.9 2.6H4.9M4.9 12.3a1.7 1.7 0 1 1-1-2.1" />
  ),
  chart: <path d="M2.5 13.5h11M4 11V8M7 11V4.5M10 11V6.5M13 11V3" />,
} satisfies Record<string, ReactNode>
export type IconName = keyof typeof shapes

/** An icon stands beside a word: by itself it says nothing to who cannot see it. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {shapes[name]}
    </svg>
  )
}
