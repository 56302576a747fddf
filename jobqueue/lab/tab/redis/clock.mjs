// The clock of the Redis of the tab, in milliseconds: the build puts `redisNow` in the place of Date.now.
let stopped = null

export const redisNow = () => stopped ?? new Date().getTime()

export function stopClock() {
  stopped = new Date().getTime()
}
