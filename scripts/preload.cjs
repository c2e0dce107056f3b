// Preloaded by npm scripts: what must be said before an older Node meets TypeScript, and the end of
// a server whose npm has gone.
const { isMainThread } = require('node:worker_threads')

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `Passerelle needs Node 24 or newer, and this is ${process.versions.node}. On Linux and Windows "npm ci" brings it; elsewhere install it from https://nodejs.org.\n`,
  )
  process.exit(1)
}

// npm passes a SIGTERM on to its shell alone, and the server would stay behind with its data folder.
if (isMainThread && process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}
