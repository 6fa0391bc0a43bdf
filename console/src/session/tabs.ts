/** One browser has one session: what one of its tabs knows of it the others have to know. Pages of other origins hear nothing. */
const channel = new BroadcastChannel('gatehouse-session')

/** Tells the other tabs whose pages this one shows, by their id; null: who was signed in has signed out. */
export const tellTabs = (who: string | null): void => channel.postMessage(who)

/** @param then is called with what another tab has told */
export const hearTabs = (then: (who: string | null) => void): void =>
  channel.addEventListener('message', ({ data }: MessageEvent<string | null>) => then(data))
