import { type ReactNode, useEffect } from 'react'
import icon from '../theme/icon.svg'

type DoorProps = { title: string; lead?: ReactNode; children?: ReactNode; foot?: ReactNode }

/** A page before the sign-in. */
export function Door({ title, lead, children, foot }: DoorProps) {
  useEffect(() => {
    document.title = `${title} · Gatehouse`
  }, [title])
  return (
    <main className="door" id="main">
      <div className="door-card">
        <img src={icon} alt="" />
        <h1>{title}</h1>
        {lead && <p className="page-lead">{lead}</p>}
        {children}
        {foot && <div className="door-foot">{foot}</div>}
      </div>
    </main>
  )
}
