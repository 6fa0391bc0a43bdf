import type { ReactNode } from 'react'
import { Icon } from '../../patterns/icons.tsx'
import './attention.css'

/** In the place of what needs attention: nothing does. */
export const Well = ({ children }: { children: ReactNode }) => (
  <div className="well">
    <Icon name="check" />
    <p>
      <b>All is well.</b> {children}
    </p>
  </div>
)
