// Keeps all files of this page, so that it works without a network after the first visit.
const CACHE = 'jobqueue-tab-BUILD'
const FILES = ['FILES']

self.addEventListener('install', event => event.waitUntil(keepAll()))
self.addEventListener('activate', event => event.waitUntil(dropOld()))
self.addEventListener('fetch', event => {
  if (event.request.method === 'GET') event.respondWith(answer(event.request))
})

async function keepAll() {
  const cache = await caches.open(CACHE)
  await cache.addAll(['./', ...FILES])
  await self.skipWaiting()
}

async function dropOld() {
  for (const name of await caches.keys()) if (name.startsWith('jobqueue-tab-') && name !== CACHE) await caches.delete(name)
  await self.clients.claim()
}

async function answer(request) {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreSearch: true })
  return kept ?? fetch(request)
}
