import type { Plugin } from 'vite'

/** In development every address below /hand/ without a file ending is the phone's page. */
export function handPages(): Plugin {
  return {
    name: 'gezhi:hand-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? '').split('?')[0] ?? ''
        if (path.startsWith('/hand/') && !/\.\w+$/.test(path)) request.url = '/hand/index.html'
        next()
      })
    },
  }
}
