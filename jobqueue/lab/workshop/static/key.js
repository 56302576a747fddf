// The instructor's key. It comes after the # of the printed address, and leaves the address bar at once: a room can read it.

export function takeKey() {
  const given = location.hash.match(/^#([\w-]{20,})$/)?.[1];
  if (given) {
    sessionStorage.setItem("jobqueue-key", given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("jobqueue-key") || "";
}
