/** In the place of what is on its way. */
export const Waiting = () => (
  <div className="framed waiting" aria-busy="true">
    <span className="bone" />
    <span className="bone" />
    <span className="bone" />
  </div>
)
